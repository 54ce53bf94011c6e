// Runs a bench as the product runs: bundled into one file. A loader that translates each file names every
// function anew each time it is made, which costs a tenth of the time and is no part of the product.
import { build } from 'esbuild';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { dependenciesStayOutside } from '../services/soc/bin/build.js';

const [name = 'run'] = process.argv.slice(2);
const bundle = path.join(import.meta.dirname, `${name}.bundle.js`);
await build({
  entryPoints: [path.join(import.meta.dirname, `${name}.ts`)],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  conditions: ['source'],
  logLevel: 'warning',
  plugins: [dependenciesStayOutside],
});
await import(pathToFileURL(bundle).href);
