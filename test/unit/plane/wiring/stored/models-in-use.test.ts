import { describe, expect, it } from 'vitest'
import { createModelsInUse } from '../../../../../src/plane/wiring/stored/models-in-use.ts'
import type { ModelReference } from '../../../../../src/resources/deployment/reference.ts'
import type { TypedObject } from '../../../../../src/store/typed-store.ts'

const key = (name: string): `${string}/${string}` => `default/${name}`

/** A deployment as it is stored. `read` is the name of the model that the registry found for the reference. */
function stored(name: string, model: ModelReference, read?: string): TypedObject {
  const text = 'text' in model ? model.text : ''
  const status = {
    desired: 'r1',
    resolvedFrom: `${model.registry}/${text}`,
    revisions: { r1: { name: 'r1', model: { name: read } } },
  }
  return {
    kind: 'ModelDeployment',
    key: key(name),
    resource: { spec: { model } },
    ...(read !== undefined && { status }),
  } as unknown as TypedObject
}

const churn = { registry: 'models', name: 'churn', version: '1' }
const digits = { registry: 'models', name: 'digits', alias: 'champion' }
const text = { registry: 'models', text: 'runs:/4f0c/churn' }

describe('the models in use', () => {
  it('name the deployments of a model, in its registry alone', () => {
    const models = createModelsInUse()
    models.seen?.(stored('a', churn))
    models.seen?.(stored('b', { ...churn, version: '2' }))
    models.seen?.(stored('c', digits))
    models.seen?.(stored('d', { ...churn, registry: 'others' }))
    expect([...models.usersOf('models', 'churn')]).toEqual([key('a'), key('b')])
    expect([...models.usersOf('models', 'digits')]).toEqual([key('c')])
    expect([...models.usersOf('others', 'churn')]).toEqual([key('d')])
    expect([...models.usersOf('models', 'unknown')]).toEqual([])
  })

  it('forget a deployment that is gone, or that uses another model now', () => {
    const models = createModelsInUse()
    models.seen?.(stored('a', churn))
    models.seen?.(stored('b', churn))
    models.seen?.(stored('a', digits))
    models.gone?.('ModelRoute', key('b'))
    expect([...models.usersOf('models', 'churn')]).toEqual([key('b')])
    models.gone?.('ModelDeployment', key('b'))
    expect([...models.usersOf('models', 'churn')]).toEqual([])
    expect([...models.usersOf('models', 'digits')]).toEqual([key('a')])
  })

  it('name a deployment for every model, until the registry has read its reference', () => {
    const models = createModelsInUse()
    models.seen?.(stored('a', text))
    models.seen?.(stored('b', { ...text, text: 'runs:/91aa/churn' }))
    models.seen?.(stored('b', text, 'churn'))
    expect([...models.usersOf('models', 'digits')]).toEqual([key('a')])
    expect([...models.usersOf('models', 'churn')]).toEqual([key('b'), key('a')])
    expect([...models.usersOf('others', 'churn')]).toEqual([])
    // Another reference, which is not read yet. The status is still that of the one before.
    const before = stored('b', text, 'churn')
    const resource = { spec: { model: { ...text, text: 'runs:/00ff/digits' } } }
    models.seen?.({ ...before, resource } as unknown as TypedObject)
    expect([...models.usersOf('models', 'digits')]).toEqual([key('a'), key('b')])
  })
})
