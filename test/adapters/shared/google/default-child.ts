/** Prints the token that is found in this process, or the failure. */
import { registerHooks } from 'node:module'
import { isModelspineError } from 'modelspine/adapter'
import { googleCredentials } from '../../../../adapters/shared/google/google-credentials.ts'

const library = 'google-auth-library'

// Node itself says what it says of a package that is not there.
if (process.env.WITHOUT_LIBRARY !== undefined) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier === library ? 'google-auth-not-there' : specifier, context),
  })
}

const source = googleCredentials('default', {
  vendor: 'Vertex',
  unavailable: 'target-unavailable',
  owner: 'vertexTarget',
})
const limits = { timeoutMs: 20_000, abortSignal: undefined }
try {
  const first = await source.current(limits)
  const isSame = (await source.current(limits)) === first
  const hasOthers = await source.hasOthers(first, limits)
  const second = await source.current(limits)
  const tokens = [first, second].map(({ token }) => token.reveal())
  console.log(JSON.stringify({ tokens, isSame, hasOthers, quotaProject: first.quotaProject }))
} catch (error) {
  if (!isModelspineError(error)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message }))
}
