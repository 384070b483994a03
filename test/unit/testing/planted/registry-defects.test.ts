import { describe, expect, it } from 'vitest'
import { brokenLaws, modelRegistryLaws } from '../../../../src/testing/index.ts'
import { registryDefects } from './registry-defects.ts'
import { type RegistryDefect, shelfSubject } from './shelf-registry.ts'

describe('a registry that reads in pages and looks up one alias at a time', () => {
  it('keeps every law when it is right', async () => {
    expect(await brokenLaws('ModelRegistry', modelRegistryLaws, () => shelfSubject())).toEqual([])
  })

  it.each(Object.entries(registryDefects))('that %s is found', async (defect, laws) => {
    const found = modelRegistryLaws.filter(({ name }) => laws.includes(name))
    expect(found).toHaveLength(laws.length)
    const broken = await brokenLaws('ModelRegistry', found, () => shelfSubject(defect as RegistryDefect))
    expect(broken.map(({ message }) => message)).toEqual(
      found.map(({ name }) => expect.stringContaining(`"${name}"`)),
    )
  })
})
