import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('./web', import.meta.url)),
  base: '/viz/',
  plugins: [
    {
      // Some libraries of the graph put styles into the page as they load, which its policy forbids; what
      // is needed of them stands in our own style sheet.
      name: 'no-injected-styles',
      transform: (code, id) =>
        /node_modules\/(?:3d-force-graph|three-render-objects|float-tooltip)\//.test(id)
          ? code.replaceAll(/\bstyleInject\(\w+\);/g, '')
          : undefined,
    },
  ],
  build: {
    outDir: fileURLToPath(new URL('./dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
});
