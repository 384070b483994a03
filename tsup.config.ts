import type { Options } from 'tsup'
import { exportEntries, readManifest } from './scripts/package-exports.ts'

const manifest = readManifest(process.cwd())

const config: Options = {
  entry: Object.fromEntries(
    exportEntries(manifest).map(({ source, built }) => [built.replace(/^dist\/|\.js$/g, ''), source]),
  ),
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  splitting: true,
  clean: true,
  // tsup's own declaration step needs the compiler API that TypeScript 7 no longer has; tsc writes them.
  dts: false,
  // One copy of the core: adapters reach it through the package's own exports, as third-party ones do.
  external: [/^modelspine(\/|$)/],
  // tsup drops `node:` otherwise, and `node:sqlite` exists only with it.
  removeNodeProtocol: false,
}

export default config
