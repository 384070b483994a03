import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { root } from '../../house/source-files.ts'

describe('importing modelspine/ai-sdk', () => {
  it('loads the router, but no control plane, no store and no package', async () => {
    const { metafile } = await build({
      entryPoints: [`${root}/src/ai-sdk/index.ts`],
      absWorkingDir: root,
      bundle: true,
      write: false,
      metafile: true,
      outdir: 'never-written',
      format: 'esm',
      platform: 'node',
      packages: 'external',
      logLevel: 'error',
    })
    const [output] = Object.values(metafile.outputs)
    const loaded = Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    )
    expect(loaded).toContain('src/routing/router.ts')
    const rooms = new Set(loaded.map((path) => path.split('/').slice(0, 2).join('/')))
    for (const room of [
      'plane',
      'rollout',
      'reconcile',
      'store',
      'registry',
      'security',
      'gateway',
      'deployment-target',
    ])
      expect([...rooms]).not.toContain(`src/${room}`)
    expect(output?.imports.filter(({ path }) => !path.startsWith('node:'))).toEqual([])
  })
})
