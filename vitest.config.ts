import { globSync, readFileSync } from 'node:fs'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

// What Node itself knows: builds under `module` are made for bundlers and may not load.
export const conditions: string[] = ['modelspine/source', 'node', 'development|production']

const include = ['test/**/*.test.ts']

/** Files that mock a module. Each loads its modules for itself, so that no other file meets the mock. */
const mocking = globSync(include, { cwd: import.meta.dirname }).filter((file) =>
  /\bvi\.(mock|doMock)\(/.test(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')),
)

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ['test/live/*.test.ts', 'test/live/!(support)/**', 'node_modules/**'],
    pool: 'threads',
    // vitest keeps one processor free; with two of them that is half. Many tests wait for processes, not for one.
    maxWorkers: '100%',
    // Real processes and disks answer late on a busy machine; nothing here sleeps for so long.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    typecheck: {
      enabled: true,
      include: ['test/types/**/*.test-d.ts'],
      // Only what these files import. Mistakes elsewhere are told by `npm run types`.
      tsconfig: 'test/types/tsconfig.json',
      ignoreSourceErrors: true,
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include,
          exclude: mocking,
          // Loading the modules anew costs more than most files do. So the files of a worker share them.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: mocking, typecheck: { enabled: false } } },
    ],
  },
})

export default config
