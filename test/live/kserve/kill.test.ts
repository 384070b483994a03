import { seededRandom } from 'modelspine/adapter'
import { beforeAll, describe, expect, it } from 'vitest'
import { withServer } from '../support/with-server.ts'
import { type KillEnd, playKill } from './kill/play-kill.ts'

const seed = Number(process.env.MODELSPINE_KILL_SEED ?? 1)
/** `.ci/run` asks for 30. */
const kills = Number(process.env.MODELSPINE_KILLS ?? 4)
/** Runs at the same time. They wait more than they work. */
const jobs = 4

withServer('kube-apiserver', (address) => {
  describe.skipIf(address.kserveMissing)('a plane over KServe that is killed at any moment', () => {
    const modes = ['knative', 'standard'] as const
    const calm = new Map<(typeof modes)[number], KillEnd>()
    const ends: {
      readonly title: string
      readonly mode: (typeof modes)[number]
      readonly end: KillEnd | Error
    }[] = []

    beforeAll(async () => {
      await Promise.all(
        modes.map(async (mode) => calm.set(mode, await playKill(address, mode, `calm-${mode}`))),
      )
      const random = seededRandom(seed)
      const plans = Array.from({ length: kills }, (_, place) => {
        const mode = modes[place % modes.length] ?? 'knative'
        // A killed run may need fewer requests.
        const request = 1 + Math.floor(random() * 0.9 * (calm.get(mode)?.requests ?? 1))
        return { place, mode, moment: { request, delayMs: Math.floor(random() * 40) } }
      })
      const work = async (): Promise<void> => {
        for (let plan = plans.shift(); plan !== undefined; plan = plans.shift()) {
          const { place, mode, moment } = plan
          const title = `${mode}, ${moment.delayMs} ms after request ${moment.request}`
          const end = await playKill(address, mode, `kill-${place}`, moment).catch((error: Error) => error)
          ends.push({ title, mode, end })
        }
      }
      await Promise.all(Array.from({ length: jobs }, work))
    }, 900_000)

    it('makes what is declared in the end, each revision once', () => {
      for (const end of calm.values()) {
        expect(end).toMatchObject({ traffic: [['s3://models/3', 100]] })
        expect(end.objects).toEqual([
          'digits',
          'digits.modelspine',
          expect.stringMatching(/^digits\.[0-9a-f]+$/),
        ])
        expect(end.writers).toEqual(['kserve-controller Update', 'modelspine Apply'])
        expect(end.created).toBe(5)
      }
    })

    it(`reaches the same end in each of ${kills} kills, with nothing created twice and nothing left`, () => {
      const wrong = ends.flatMap(({ title, mode, end }): readonly unknown[] => {
        if (end instanceof Error) return [{ title, end: end.message }]
        const { requests: _, killed, ...reached } = end
        const { requests: __, killed: ___, ...wanted } = calm.get(mode) as KillEnd
        const same = JSON.stringify(reached) === JSON.stringify(wanted)
        return same ? [] : [{ title, killed, reached, wanted }]
      })
      const killed = ends.filter(({ end }) => !(end instanceof Error) && end.killed).length
      console.log(`${ends.length} runs, ${killed} killed, seed ${seed}`)
      expect(wrong).toEqual([])
      expect(ends).toHaveLength(kills)
      expect(killed).toBeGreaterThanOrEqual(Math.floor(0.9 * kills))
    })
  })
})
