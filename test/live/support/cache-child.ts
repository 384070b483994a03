/** Fills the entry of cache.test.ts: one half at once, the other when its input ends. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '../../../servers/cache.ts'

await cached({ name: 'thing', version: '1.0.0', recipe: ['a'] }, async (folder) => {
  writeFileSync(join(folder, 'half'), '')
  console.log('half')
  await new Promise((resolve) => process.stdin.on('end', resolve).resume())
  writeFileSync(join(folder, 'whole'), '')
})
