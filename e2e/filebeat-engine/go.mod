module mini-soc/filebeat-engine

go 1.22

require github.com/dop251/goja v0.0.0-00010101000000-000000000000

require (
	github.com/dlclark/regexp2 v1.4.0 // indirect
	github.com/go-sourcemap/sourcemap v2.1.2+incompatible // indirect
	golang.org/x/text v0.21.0 // indirect
	gopkg.in/yaml.v2 v2.4.0 // indirect
)

replace github.com/dop251/goja => github.com/elastic/goja v0.0.0-20190128172624-dd2ac4456e20
