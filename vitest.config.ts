import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { BaseSequencer, type TestSequencerConstructor, type TestSpecification } from 'vitest/node'

// What Node itself knows: builds under `module` are made for bundlers and may not load.
export const conditions: string[] = ['modelspine/source', 'node', 'development|production']

// Processes and threads that tests start load the same sources. So only the first strips their types and compiles them.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

const include = ['test/**/*.test.ts']

/** Files that mock a module. Each loads its modules for itself, so that no other file meets the mock. */
const mocking = globSync(include, { cwd: import.meta.dirname }).filter((file) =>
  /\bvi\.(mock|doMock)\(/.test(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')),
)

/** Begun last, these files would be left when the others are done, and most processors would have nothing to do. */
export function longestFirst(long: readonly string[]): TestSequencerConstructor {
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const place = ({ moduleId }: TestSpecification): number => {
        const found = long.findIndex((file) => moduleId.endsWith(`/${file}`))
        return found === -1 ? long.length : found
      }
      return (await super.sort(files)).sort((left, right) => place(left) - place(right))
    }
  }
}

/** With all draws, this file computes half as long as all others together. */
const longWithAllDraws = process.env.MODELSPINE_DRAWS === 'all' ? ['unit/dialects/pairs/pairs'] : []

/** They take longest. Beside each that waits for processes or for time, others compute. */
const long = [
  ...longWithAllDraws,
  'unit/plane/kill',
  'adapters/secrets',
  'chaos/chaos',
  'adapters/sqlite/shared-measurements',
  'adapters/sagemaker/target/conformance',
  'adapters/sagemaker/target/guarded-rollout',
  'unit/examples/scripts',
  'house/compiled',
  'adapters/sqlite/sqlite-store',
  'adapters/process/supervision',
  'unit/examples/digit-models',
  'unit/plane/real-faults',
  'adapters/process/conformance',
  'adapters/process/killed-parent',
].map((name) => `test/${name}.test.ts`)

/** Stands in for a module where one file imports it. */
function standIn(id: string, importer: string, file: string): Plugin {
  return {
    name: `stand-in ${file}`,
    enforce: 'pre',
    resolveId: (wanted, by) =>
      wanted === id && by?.endsWith(importer) ? join(import.meta.dirname, file) : undefined,
  }
}

/** Retries and short limits as `src/http` makes them, and the pace of vendors, without their long waits. */
const quick = [
  standIn('undici', '/src/http/load-undici.ts', 'test/quick-undici.ts'),
  standIn('p-retry', '/src/http/retry.ts', 'test/quick-retries.ts'),
  standIn('./vendor-pace.ts', '/adapters/shared/vendor-client.ts', 'test/quick-pace.ts'),
]

const config: ViteUserConfig = defineConfig({
  plugins: quick,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ['test/live/*.test.ts', 'test/live/!(support)/**', 'node_modules/**'],
    setupFiles: ['test/short-stacks.ts', 'test/seed.ts'],
    pool: 'threads',
    // vitest keeps one processor free; with two of them that is half. One worker more than processors computes while others
    // wait for processes, disks and timers. It costs a tenth more of the processors' time, because each worker loads all
    // modules and has V8 compile them for itself, and makes the run some seconds shorter. `--maxWorkers=2` leaves it out.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: longestFirst(long) },
    // Real processes and disks answer late on a busy machine; nothing here sleeps for so long.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000, interval: 5 } },
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
      { extends: true, test: { name: 'alone', include: mocking } },
    ],
  },
})

export default config
