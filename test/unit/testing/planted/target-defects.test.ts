import { describe, expect, it } from 'vitest'
import { brokenLaws, deploymentTargetLaws } from '../../../../src/testing/index.ts'
import { cloudSubject } from './cloud-subject.ts'
import type { TargetDefect } from './cloud-target.ts'
import { targetDefects } from './target-defects.ts'

describe('a target for a cloud whose revisions take several calls', () => {
  it('keeps every law when it is right', async () => {
    expect(await brokenLaws('DeploymentTarget', deploymentTargetLaws, () => cloudSubject())).toEqual([])
  })

  it.each(Object.entries(targetDefects))('that %s is found', async (defect, laws) => {
    const found = deploymentTargetLaws.filter(({ name }) => laws.includes(name))
    expect(found).toHaveLength(laws.length)
    const broken = await brokenLaws('DeploymentTarget', found, () => cloudSubject(defect as TargetDefect))
    expect(broken.map(({ message }) => message)).toEqual(
      found.map(({ name }) => expect.stringContaining(`"${name}"`)),
    )
  })
})
