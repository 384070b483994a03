import { ModelspineError } from 'modelspine'
import { expect, it } from 'vitest'
import { planeFixture, route, serving } from '../unit/plane/plane-fixture.ts'
import { createDisturbance, disturbed, modes } from './disturb.ts'

it.each(modes)('requests go on when every other part of the plane %s', async (mode) => {
  const base = planeFixture()
  const { clock } = base
  const disturbance = createDisturbance()
  const around = <Part extends object>(part: Part, ...calls: readonly string[]): Part =>
    disturbed(part, {
      clock,
      disturbance,
      calls,
      fault: () => new ModelspineError('unavailable', 'away'),
      rubbish: () => ({}),
    })
  const fixture = planeFixture({
    beside: base,
    plane: {
      store: around(
        base.store,
        'get',
        'putStatus',
        'readEvents',
        'acknowledgeEvents',
        'renewLease',
        'acquireLease',
      ),
      audit: around(base.audit, 'append'),
      targets: { local: around(base.target, 'observe', 'apply', 'destroy', 'list') },
      registries: { models: around(base.registry, 'resolve') },
    },
  })
  await fixture.plane.apply(route(), { actor: { name: 'ann@example.com' } })
  await serving(fixture)
  disturbance.begin(mode)
  for (let minute = 0; minute < 10; minute += 1) {
    await clock.advance(60_000)
    const reply = await fixture.plane.router.infer('digits', { kind: 'tensors', inputs: [] })
    expect(reply).toMatchObject({ deployment: 'default/digits' })
  }
  disturbance.end()
})
