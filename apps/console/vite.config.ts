import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const SERVER = process.env['POMONA_SERVER'] ?? 'http://127.0.0.1:8443'

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2023',
    // Small files as data: URLs would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // The vendor chunk is the interface kit; it changes rarely and is cached for good.
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // strict-runtime must run before any schema is built: it shares zod's chunk.
            { name: 'zod', test: /node_modules\/zod\/|src\/strict-runtime/, priority: 2 },
            // Only the graph of processes needs its layout library.
            { name: 'vendor', test: /node_modules\/(?!d3-hierarchy)/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { host: '127.0.0.1', proxy: { '/api': SERVER } },
})
