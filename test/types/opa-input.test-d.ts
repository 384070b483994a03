import type {
  Actor,
  ArtifactFile,
  CommandRequest,
  DeleteRequest,
  DeployRequest,
  InvokeRequest,
  Lineage,
  ModelDeployment,
  ModelRoute,
  ModelVersion,
  PinnedModel,
  PolicyRequest,
  PromoteRequest,
  QueryDataRequest,
  Revision,
  RuntimeSettings,
  Signature,
} from 'modelspine/adapter'
import { describe, expectTypeOf, it } from 'vitest'

// Each list is what adapters/opa/opa-input.ts knows. A new member stands here when it was decided whether policies get
// it; those that they do not get are behind the stroke.
describe('the input of a Rego policy', () => {
  it('was made with every request in mind', () => {
    expectTypeOf<PolicyRequest['action']>().toEqualTypeOf<
      'deploy' | 'promote' | 'invoke' | 'query-data' | 'command' | 'delete'
    >()
    expectTypeOf<keyof DeployRequest>().toEqualTypeOf<'action' | 'actor' | 'resource' | 'previous'>()
    expectTypeOf<keyof PromoteRequest>().toEqualTypeOf<
      'action' | 'actor' | 'deployment' | 'revision' | 'model' | 'weight' | 'approvals'
    >()
    expectTypeOf<keyof InvokeRequest>().toEqualTypeOf<
      'action' | 'actor' | 'route' | 'operation' | 'requestId'
    >()
    expectTypeOf<keyof QueryDataRequest>().toEqualTypeOf<'action' | 'actor' | 'deployment' | 'dataset'>()
    expectTypeOf<keyof CommandRequest>().toEqualTypeOf<
      'action' | 'actor' | 'deployment' | 'command' | 'revision' | 'full'
    >()
    expectTypeOf<keyof DeleteRequest>().toEqualTypeOf<'action' | 'actor' | 'resource' | 'force'>()
    expectTypeOf<keyof Actor>().toEqualTypeOf<'name' | 'roles'>()
  })

  it('was made with every member of resources in mind', () => {
    expectTypeOf<keyof ModelDeployment['metadata']>().toEqualTypeOf<
      'name' | 'namespace' | 'labels' | /* not given: */ 'annotations'
    >()
    expectTypeOf<keyof ModelDeployment['spec']>().toEqualTypeOf<
      | 'model'
      | 'target'
      | 'runtime'
      | 'scale'
      | 'strategy'
      | 'analysis'
      | 'falseAlarms'
      | 'policies'
      | 'deadline'
      | 'answerWithin'
      | 'onPromoted'
    >()
    expectTypeOf<keyof RuntimeSettings>().toEqualTypeOf<'env' | 'secrets' | 'resources'>()
    expectTypeOf<keyof ModelRoute['spec']>().toEqualTypeOf<
      | 'names'
      | 'operations'
      | 'backends'
      | 'fallback'
      | 'timeout'
      | 'onPolicyError'
      /* given as `timeout`: */
      | 'timeouts'
      /* not given: */
      | 'attempts'
      | 'maxInFlight'
      | 'translation'
    >()
  })

  it('was made with every member of models in mind', () => {
    expectTypeOf<keyof Revision>().toEqualTypeOf<'name' | 'model' | 'runtime' | 'settings' | 'adopted'>()
    expectTypeOf<keyof PinnedModel>().toEqualTypeOf<'registry' | 'name' | 'version' | 'artifact'>()
    expectTypeOf<keyof ArtifactFile>().toEqualTypeOf<'uri' | 'digest'>()
    expectTypeOf<keyof Lineage>().toEqualTypeOf<'run' | 'datasets' | 'parents' | 'commit'>()
    expectTypeOf<keyof Signature>().toEqualTypeOf<'inputs' | 'outputs'>()
    expectTypeOf<keyof ModelVersion>().toEqualTypeOf<
      | keyof PinnedModel
      | 'approval'
      | 'aliases'
      | 'tags'
      | 'createdAtMs'
      | 'owner'
      | 'classification'
      | 'signature'
      | 'lineage'
      | 'metrics'
      | /* not given: */ 'raw'
    >()
  })
})
