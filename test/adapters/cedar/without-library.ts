/** Prints what happens to a policy in a process where the library is not installed. */
import { registerHooks } from 'node:module'

// Node itself says what it says of a package that is not there.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.startsWith('@cedar-policy/cedar-wasm') ? '@cedar-policy/not-there' : specifier, context),
})

const { cedarPolicy } = await import('modelspine/adapters/cedar')
const { policyRequests } = await import('modelspine/testing')
const policies = { name: 'open', text: 'permit (principal, action, resource);' }
const engine = cedarPolicy({ actions: ['invoke'], policies })
const code: unknown = await engine.load().catch((error: { readonly code?: unknown }) => error.code)
const { verdict, findings } = await engine.decide(policyRequests.invoke())
console.log(JSON.stringify({ code, verdict, messages: findings.map(({ message }) => message) }))
