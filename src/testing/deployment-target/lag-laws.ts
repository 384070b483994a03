import assert from 'node:assert/strict'
import type { ApplyResult } from '../../deployment-target/contract.ts'
import type { Law } from '../kit.ts'
import { destroyAll, drive, key, observedNames, type TargetSubject, wantOf } from './subject.ts'

/** Laws of targets that tell how long their lists lag behind. */
export const lagLaws: readonly Law<TargetSubject>[] = [
  {
    name: 'shows in observe and list what it accepted listLagMs ago, and no longer what it destroyed',
    hooks: ['advance'],
    skip: ({ target }) =>
      target.capabilities.listLagMs === undefined ? 'it does not tell when its lists are true' : undefined,
    async check(subject) {
      const { target, revisions } = subject
      const { listLagMs = 0, names } = target.capabilities
      const created = await subject.created()
      const isListed = async (): Promise<boolean | undefined> => {
        // With random names there may be nothing to list. What created nothing has no orphans.
        if (names === 'random' || (await subject.created()) === created) return undefined
        return (await target.list()).includes(key)
      }
      // No more time passes, unless the vendor is busy.
      const lag = async ({ kind }: Pick<ApplyResult, 'kind'>): Promise<void> => {
        if (kind === 'busy') await subject.settle()
        await subject.advance?.(listLagMs)
      }
      const hasty: TargetSubject = { ...subject, settle: async () => {} }
      const when = `${listLagMs} ms after the last change`
      let handles: readonly string[] = []
      for (const revision of [revisions[0], revisions[1]]) {
        const driven = await drive(hasty, key, wantOf([revision]), handles, {
          async after(result, known) {
            if (result.kind === 'unchanged') {
              const shown = await observedNames(target, key, { handles: known, applied: [revision] })
              assert.ok(shown.includes(revision.name), `observe does not show ${revision.name} ${when}`)
              const more = (await subject.created()) - created
              assert.ok(more <= revisions.indexOf(revision) + 1, `a revision was created again ${when}`)
              return
            }
            await lag(result)
            if (result.kind !== 'accepted') return
            assert.ok((await isListed()) !== false, `list does not have the key ${when}`)
          },
        })
        handles = driven.handles
      }
      await destroyAll(subject, key, handles, lag)
      assert.deepEqual(await observedNames(target, key, { handles }), [], `what observe shows ${when}`)
      assert.ok((await isListed()) !== true, `list still has the destroyed key ${when}`)
    },
  },
  {
    name: 'calls an accepted create unfinished where observe shows nothing of it yet, or tells listLagMs',
    skip: ({ target: { capabilities } }) =>
      capabilities.names === 'deterministic' && capabilities.listLagMs !== undefined
        ? 'a create that is not shown is sent again after listLagMs'
        : undefined,
    async check(subject) {
      const { target, revisions } = subject
      const [revision] = revisions
      let isShown: boolean | undefined
      const { handles } = await drive({ ...subject, settle: async () => {} }, key, wantOf([revision]), [], {
        async after(result, known) {
          await subject.settle()
          if (result.kind !== 'accepted' || result.unfinished || isShown !== undefined) return
          const shown = await observedNames(target, key, { handles: known, applied: [revision] })
          isShown = shown.includes(revision.name)
        },
      })
      await destroyAll(subject, key, handles)
      assert.ok(
        isShown !== false,
        'after an accepted create the plane waits until observe shows the revision, at the longest to the deadline: answer unfinished while another call is needed',
      )
    },
  },
]
