import { join } from 'node:path'
import { loadResources } from 'modelspine/resources'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPlane } from '../../../examples/mlflow-canary/plane.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const nowhere = 'http://127.0.0.1:9'
const resources = join(import.meta.dirname, '../../../examples/mlflow-canary/resources')

describe('the resources of examples/mlflow-canary', () => {
  it('name only what its plane has, and may be applied to it', async () => {
    const folder = temporaryFolder()
    const place = (name: string): string => join(folder, name)
    const { plane } = createPlane(
      { mlflow: nowhere, opa: nowhere, prometheus: nowhere, python: 'python3' },
      { store: place('state.db'), audit: place('audit'), processes: place('processes') },
      {},
    )
    onTestFinished(() => plane.stop())
    const loaded = await loadResources(resources, { plane })
    expect(loaded.map(({ kind }) => kind)).toEqual(['ModelDeployment', 'ModelRoute'])
    for (const resource of loaded) {
      const { change } = await plane.apply(resource, { actor: { name: 'tester' } })
      expect(change).toBe('created')
    }
  })
})
