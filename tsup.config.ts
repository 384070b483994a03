import type { Options } from 'tsup'
import { exportEntries, readManifest, threadEntries } from './scripts/package-exports.ts'

const root = process.cwd()
const built = [...exportEntries(readManifest(root)), ...threadEntries(root)]

const config: Options = {
  entry: Object.fromEntries(built.map((each) => [each.built.replace(/^dist\/|\.js$/g, ''), each.source])),
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
