import { describe, expect, it } from 'vitest'
import { type StaticRoutesOptions, staticRoutes } from '../../../../src/routing/table/static-routes.ts'

describe('the options of static routes', () => {
  it.each([
    [{ providers: {} }, 'routes is missing: give a list'],
    [{ routes: {}, providers: {} }, 'routes is an object: give a list'],
    [{ routes: [] }, 'providers is missing: give an object'],
    [{ routes: [], provider: {} }, 'provider is not an option. Did you mean "providers"?'],
  ])('are refused: %j', (options, message) => {
    expect(() => staticRoutes(options as unknown as StaticRoutesOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message }),
    )
  })
})
