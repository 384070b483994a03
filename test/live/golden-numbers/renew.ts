/** Writes the golden numbers into the fixtures of the unit tests: of all methods, or of those on the command line. */
import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { goldenNumbers } from '../servers/golden-numbers.ts'
import { compute, fixtures } from './compute.ts'

const python = join(required(await goldenNumbers.install()), 'bin/python')
await compute(python, fixtures, process.argv.slice(2))
