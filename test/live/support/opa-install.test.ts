import { symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { opa } from '../../../servers/opa.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

/** A machine without Go whose `opa` says that it has this version. */
function machineWith(version: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'opa'), `#!/bin/sh\necho "Version: ${version}"\n`, { mode: 0o755 })
  for (const program of ['/bin/sh', '/usr/bin/nice']) symlinkSync(program, join(folder, basename(program)))
  vi.stubEnv('PATH', folder)
  return folder
}

describe('the installation of OPA', () => {
  beforeEach(() => {
    vi.stubEnv('MODELSPINE_LIVE_CACHE', temporaryFolder())
    onTestFinished(() => void vi.unstubAllEnvs())
  })

  it('takes the program of the system when that has the version', async () => {
    const folder = machineWith(opa.version)
    expect(await opa.install()).toEqual({ folder, tookMs: 0, isNew: false })
  })

  it('does not take another version, and says what is missing to build it', async () => {
    machineWith(`${opa.version}0`)
    expect(await opa.install()).toEqual({
      missing: `opa ${opa.version} cannot be installed: there is no go on this machine`,
    })
  })
})
