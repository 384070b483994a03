import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { go } from '../../../servers/go-binary.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('lets one build wait for the end of another, also of one that fails', async () => {
  const folder = temporaryFolder()
  const log = join(folder, 'log')
  const script = `#!/bin/sh
echo "$1 begins" >>${log}
sleep 0.2
echo "$1 ends" >>${log}
[ "$1" != bad ]
`
  writeFileSync(join(folder, 'go'), script, { mode: 0o755 })
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  onTestFinished(() => void vi.unstubAllEnvs())

  const ends = await Promise.allSettled(['good', 'bad', 'better'].map((command) => go([command], {})))

  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(
    ['good', 'bad', 'better'].flatMap((command) => [`${command} begins`, `${command} ends`]),
  )
})
