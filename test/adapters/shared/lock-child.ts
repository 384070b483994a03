/** Tries to take the lock `writer` in a folder, says what came of it, and stays alive until its input ends. */
import { tryLock } from '../../../adapters/shared/process-lock.ts'

const attempt = await tryLock(process.argv[2] ?? '', 'writer', 'child')
console.log(attempt.kind)
process.stdin.resume()
process.stdin.on('end', () => process.exit())
