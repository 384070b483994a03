/** Prints what happens in a process where the library is not installed, and that an import does not need it. */
import { registerHooks } from 'node:module'

// Node itself says what it says of a package that is not there.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === '@pydantic/genai-prices' ? '@pydantic/not-there' : specifier, context),
})

const { genaiPrices } = await import('modelspine/adapters/genai-prices')
const failure = await genaiPrices().catch((error: { readonly code?: unknown; readonly message: string }) => ({
  code: error.code,
  message: error.message,
}))
console.log(JSON.stringify(failure))
