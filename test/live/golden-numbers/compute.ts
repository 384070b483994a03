import { join } from 'node:path'
import { pythonEnvironment } from '../../../servers/python-venv.ts'
import { run } from '../../../servers/run.ts'

/** Where the golden numbers are kept for the unit tests. */
export const fixtures: string = join(import.meta.dirname, '../../unit/rollout/gates/golden/fixtures')

/** Computes golden numbers with confseq, expectation and scipy, and writes a file for each method. It takes a minute of CPU. */
export async function compute(
  python: string,
  folder: string,
  methods: readonly string[] = [],
): Promise<void> {
  const program = join(import.meta.dirname, 'golden.py')
  const env = {
    ...pythonEnvironment,
    // Compiled code belongs into the cache, not beside these programs.
    PYTHONPYCACHEPREFIX: join(python, '../../compiled'),
    // One processor does. The others are for those who run at the same time.
    OMP_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
  }
  await run(python, [program, folder, ...methods], { env })
}
