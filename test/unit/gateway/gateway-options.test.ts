import { describe, expect, it } from 'vitest'
import { createGateway, type GatewayOptions, type ListenOptions } from '../../../src/gateway/index.ts'
import { createRouter } from '../../../src/routing/router.ts'
import { createRouteTableHolder } from '../../../src/routing/table/table-holder.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'

const clock = createFakeClock()
const router = createRouter({ table: createRouteTableHolder({ clock }), clock })
/** As JavaScript and JSON give them: the compiler sees nothing. */
const written = (options: object): GatewayOptions & ListenOptions => options as GatewayOptions & ListenOptions

describe('the options of a gateway', () => {
  it.each([
    [
      'authenticate misspelt, which would let everybody in',
      { router, autenticate: () => null },
      'autenticate is not an option. Did you mean "authenticate"?',
    ],
    ['no function', { router, authenticate: {} }, 'authenticate is an object: give a function'],
    ['no router', {}, 'router is missing: give an object with the method run'],
    [
      'a router that was not made',
      { router: createRouter },
      'router is a function: give an object with the method run, such as a call of that function returns',
    ],
    ['handlers in a list', { router, handlers: [] }, 'handlers is a list: give an object'],
  ])('are refused: %s', (_, options, message) => {
    expect(() => createGateway(written(options))).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        message,
        details: { field: message.slice(0, message.indexOf(' ')) },
      }),
    )
  })

  it.each([
    ['abc', 'port is "abc": give a whole number from 0 to 65535'],
    ['8080', 'port is "8080": give a whole number from 0 to 65535'],
    [65_536, 'port is 65536: give a whole number from 0 to 65535'],
    [Number.NaN, 'port is NaN: give a whole number from 0 to 65535'],
    [8080n, 'port is 8080: give a whole number from 0 to 65535'],
    [null, 'port is null: give a whole number from 0 to 65535'],
    [-1, 'port is -1: give a whole number from 0 to 65535'],
    [undefined, 'port is missing: give a whole number from 0 to 65535'],
  ])('have a port that is a number: %s', async (port, message) => {
    await expect(createGateway({ router, clock }).listen(written({ port }))).rejects.toMatchObject({
      code: 'invalid-options',
      message,
      details: { field: 'port' },
    })
  })

  it('of listen are checked by name', async () => {
    const asked = createGateway({ router, clock }).listen(written({ port: 0, hots: '0.0.0.0' }))
    await expect(asked).rejects.toMatchObject({ message: 'hots is not an option. Did you mean "host"?' })
  })
})
