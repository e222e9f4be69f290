import { defineConfig } from 'vite'

/**
 * One page, one origin, no inline script: the node sends `default-src 'self'; worker-src 'self' blob:;
 * img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'`, so everything below is a file of its own.
 */
export default defineConfig({
  base: './',
  // Rooms are read from their sources, so the page builds whether or not their own output is there yet.
  resolve: {
    conditions: ['source', 'module', 'browser', 'production'],
    // Node reads this package's CommonJS file, which has a default export; its module file, which Vite would take, has none.
    alias: [{ find: /^mgrs$/, replacement: 'mgrs/dist/mgrs.min.js' }],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // MapLibre's worker is an ES module of its own.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
})
