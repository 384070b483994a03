import * as fastCheck from 'fast-check'

export * from 'fast-check'

/** What tests get for fast-check in `npm run soak`: each property draws so many times its usual cases. */
const times = Number(process.env.MODELSPINE_SOAK)
const usualRuns = 100

type Property = fastCheck.IRawProperty<unknown>
type Given = fastCheck.Parameters<unknown>

const soaked = ({ numRuns = usualRuns, ...given }: Given = {}): Given => ({
  ...given,
  numRuns: numRuns * times,
})

export const assert: typeof fastCheck.assert = ((property: Property, given?: Given) =>
  fastCheck.assert(property, soaked(given))) as never

export const check: typeof fastCheck.check = ((property: Property, given?: Given) =>
  fastCheck.check(property, soaked(given))) as never

const soakedFastCheck: typeof fastCheck = { ...fastCheck, assert, check }
export default soakedFastCheck
