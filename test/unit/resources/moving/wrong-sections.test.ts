import { describe, expect, it } from 'vitest'
import { routesFromLitellm, routesFromPortkey } from '../../../../src/resources/index.ts'

describe('a section of a config', () => {
  it.each<[object, string, string, string]>([
    [{ model_list: 3 }, 'model_list', 'it is a number, and LiteLLM has a list here', 'Write a list.'],
    [
      { model_list: { a: 1 } },
      'model_list.a',
      'it is an object, and LiteLLM has a list here',
      'Write a list.',
    ],
    [
      { router_settings: [] },
      'router_settings',
      'it is a list, and LiteLLM has an object here',
      'Write an object.',
    ],
    [
      { credential_list: 'x' },
      'credential_list',
      'it is a string, and LiteLLM has a list here',
      'Write a list.',
    ],
  ])('of the wrong type is told so: %j', async (config, path, reason, instead) => {
    const { left, routes } = await routesFromLitellm(config)
    expect(routes).toEqual([])
    expect(left).toContainEqual(
      expect.objectContaining({ path, reason: `${reason}, so nothing of it is read`, instead }),
    )
  })

  it.each([
    ['model_lst', 'model_list'],
    ['router_setting', 'router_settings'],
    ['enviroment_variables', 'environment_variables'],
  ])('that LiteLLM does not know is asked about: %s', async (name, near) => {
    const { left } = await routesFromLitellm({ [name]: [] })
    expect(left).toEqual([
      expect.objectContaining({
        path: name,
        reason: 'Modelspine has nothing of this name',
        instead: `Did you mean ${near}?`,
      }),
    ])
  })

  it('is not asked about when nothing is near, or when it has no value', async () => {
    const { left } = await routesFromLitellm({ something_else: 1, model_list: null })
    expect(left.map(({ path, reason, instead }) => [path, reason, instead])).toEqual([
      ['something_else', 'Modelspine has nothing of this name', undefined],
      ['model_list', 'it has no value', undefined],
    ])
  })

  it("of Portkey's of the wrong type is told so", async () => {
    const { left } = await routesFromPortkey({ strategy: 'fallback', targets: 3 })
    expect(left.map(({ path, reason }) => [path, reason])).toEqual([
      ['strategy', 'it is a string, and Portkey has an object here, so nothing of it is read'],
      ['targets', 'it is a number, and Portkey has a list here, so nothing of it is read'],
    ])
  })
})
