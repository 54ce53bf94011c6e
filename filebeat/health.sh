#!/usr/bin/env bash
# The health check of Filebeat's container: health.sh [PORT [FILE]]. Exit code 0 or 1, with a sentence that
# `docker inspect` shows. Filebeat must answer at its HTTP endpoint, and events that wait must be getting
# through: FILE remembers how many had been acknowledged when it was last asked. Bash alone, since images of
# Filebeat differ in what else they have.
set -u
port=${1:-5066}
file=${2:-/tmp/filebeat-acknowledged}

end() { # exit code, sentence
  echo "$2"
  exit "$1"
}

{ exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || end 1 "Filebeat does not answer on port $port"
printf 'GET /stats HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
# Ends at the end of the answer, which has no NUL.
IFS= read -r -d '' -t 4 -u 3 stats
[[ $stats == HTTP/1.?' 200 '* ]] || end 1 "Filebeat did not answer within 4 s on port $port"

# Alive, and of a version that counts otherwise: that alone is no fault.
pipeline='"pipeline":\{"clients":[0-9]+,"events":\{"active":([0-9]+)'
[[ $stats =~ $pipeline ]] || end 0 'Filebeat answers; whether it ships cannot be told from its figures'
waiting=${BASH_REMATCH[1]}
[[ $stats =~ '"queue":{"acked":'([0-9]+) ]] ||
  end 0 'Filebeat answers; whether it ships cannot be told from its figures'
acknowledged=${BASH_REMATCH[1]}

before=0
[ -r "$file" ] && before=$(<"$file")
echo "$acknowledged" >"$file"
if [ "$waiting" -gt 0 ] && [ "$acknowledged" = "$before" ]; then
  end 1 "$waiting events wait, none was acknowledged by Elasticsearch since the last check"
fi
end 0 "$acknowledged events acknowledged, $waiting wait"
