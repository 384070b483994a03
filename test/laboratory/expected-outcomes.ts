import type { Form } from './asking.ts'

/**
 * What callers get while an upstream misbehaves. The cells are: the fault, what the caller has without a fallback, what it
 * has with one, how long that took, and what the upstream saw.
 */
export const expectedOutcomes: Readonly<Record<Form, string>> = {
  chat: `
none              | 200, whole                               | 200, whole                   | at once | 1 call
rate-limit        | 429 rate_limit_exceeded, retry after 7 s | 200, whole from the fallback | at once | 1 call
bare-rate-limit   | 429 rate_limit_exceeded, retry           | 200, whole from the fallback | at once | 1 call
fails-once        | 503 unavailable, retry; then 200, whole; then 200, whole | 200, whole from the fallback; then 200, whole; then 200, whole | at once | 3 calls
away-for-a-minute | 503 overloaded, retry; then 503 overloaded, retry; then 200, whole | 200, whole from the fallback; then 200, whole from the fallback; then 200, whole | at once | 3 calls
flapping          | 503 overloaded, retry; then 200, whole; then 503 overloaded, retry | 200, whole from the fallback; then 200, whole; then 200, whole from the fallback | at once | 3 calls
reset             | 503 unavailable, retry                   | 200, whole from the fallback | at once | 1 call
reset-when-used   | 200, whole                               | 200, whole                   | at once | 2 calls
silence           | 504 timeout, retry                       | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
headers-only      | 504 timeout, retry                       | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
slow-start        | 200, whole                               | 200, whole                   | 8 s     | 1 call
cut               | 502 interrupted, retry                   | 200, whole from the fallback | at once | 1 call
stall             | 504 timeout, retry                       | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
ends-early        | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
no-end-mark       | 200, whole                               | 200, whole                   | at once | 1 call
malformed         | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
error-in-answer   | 503 unavailable, retry                   | 200, whole from the fallback | at once | 1 call
web-page          | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
wrong-type        | 200, whole                               | 200, whole                   | at once | 1 call
huge-headers      | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
context-length    | 400 context_length_exceeded, no retry    | 200, whole from the fallback | at once | 1 call
content-filter    | 400 content_filter, no retry             | 400 content_filter, no retry | at once | 1 call
drip              | 200, whole                               | 200, whole                   | 12 s    | 1 call
gzip              | 200, whole                               | 200, whole                   | at once | 1 call
odd-borders       | 200, whole                               | 200, whole                   | at once | 1 call
`,
  'chat-stream': `
none               | 200, whole                               | 200, whole                   | at once | 1 call
rate-limit         | 429 rate_limit_exceeded, retry after 7 s | 200, whole from the fallback | at once | 1 call
bare-rate-limit    | 429 rate_limit_exceeded, retry           | 200, whole from the fallback | at once | 1 call
fails-once         | 503 unavailable, retry; then 200, whole; then 200, whole | 200, whole from the fallback; then 200, whole; then 200, whole | at once | 3 calls
away-for-a-minute  | 503 overloaded, retry; then 503 overloaded, retry; then 200, whole | 200, whole from the fallback; then 200, whole from the fallback; then 200, whole | at once | 3 calls
flapping           | 503 overloaded, retry; then 200, whole; then 503 overloaded, retry | 200, whole from the fallback; then 200, whole; then 200, whole from the fallback | at once | 3 calls
reset              | 503 unavailable, retry                   | 200, whole from the fallback | at once | 1 call
reset-when-used    | 200, whole                               | 200, whole                   | at once | 2 calls
silence            | 504 timeout, retry                       | 200, whole from the fallback | 10 s    | 1 call, closed by the gateway
headers-only       | 504 timeout, retry                       | 200, whole from the fallback | 10 s    | 1 call, closed by the gateway
slow-start         | 200, whole                               | 200, whole                   | 8 s     | 1 call
cut                | 200, cut: interrupted                    | 200, cut: interrupted        | at once | 1 call
stall              | 200, cut: timeout                        | 200, cut: timeout            | 5 s     | 1 call, closed by the gateway
ends-early         | 200, as it came                          | 200, as it came              | at once | 1 call
no-end-mark        | 200, whole                               | 200, whole                   | at once | 1 call
malformed          | 200, cut: malformed-reply                | 200, cut: malformed-reply    | at once | 1 call
error-in-answer    | 503 unavailable, retry                   | 200, whole from the fallback | at once | 1 call
error-after-output | 200, cut: unavailable                    | 200, cut: unavailable        | at once | 1 call
web-page           | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
wrong-type         | 200, whole                               | 200, whole                   | at once | 1 call
huge-headers       | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
context-length     | 400 context_length_exceeded, no retry    | 200, whole from the fallback | at once | 1 call
content-filter     | 400 content_filter, no retry             | 400 content_filter, no retry | at once | 1 call
drip               | 200, whole                               | 200, whole                   | 18 s    | 1 call
gzip               | 200, whole                               | 200, whole                   | at once | 1 call
odd-borders        | 200, whole                               | 200, whole                   | at once | 1 call
`,
  embed: `
none              | 200, whole                               | 200, whole                   | at once | 1 call
rate-limit        | 429 rate_limit_exceeded, retry after 7 s | 200, whole from the fallback | at once | 1 call
bare-rate-limit   | 429 rate_limit_exceeded, retry           | 200, whole from the fallback | at once | 1 call
fails-once        | 503 unavailable, retry; then 200, whole; then 200, whole | 200, whole from the fallback; then 200, whole; then 200, whole | at once | 3 calls
away-for-a-minute | 503 overloaded, retry; then 503 overloaded, retry; then 200, whole | 200, whole from the fallback; then 200, whole from the fallback; then 200, whole | at once | 3 calls
flapping          | 503 overloaded, retry; then 200, whole; then 503 overloaded, retry | 200, whole from the fallback; then 200, whole; then 200, whole from the fallback | at once | 3 calls
reset             | 503 unavailable, retry                   | 200, whole from the fallback | at once | 1 call
reset-when-used   | 200, whole                               | 200, whole                   | at once | 2 calls
silence           | 504 timeout, retry                       | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
headers-only      | 504 timeout, retry                       | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
slow-start        | 200, whole                               | 200, whole                   | 8 s     | 1 call
cut               | 502 interrupted, retry                   | 200, whole from the fallback | at once | 1 call
stall             | 504 timeout, retry                       | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
ends-early        | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
no-end-mark       | 200, whole                               | 200, whole                   | at once | 1 call
malformed         | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
error-in-answer   | 503 unavailable, retry                   | 200, whole from the fallback | at once | 1 call
web-page          | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
wrong-type        | 200, whole                               | 200, whole                   | at once | 1 call
huge-headers      | 502 malformed-reply, retry               | 200, whole from the fallback | at once | 1 call
context-length    | 400 context_length_exceeded, no retry    | 200, whole from the fallback | at once | 1 call
content-filter    | 400 content_filter, no retry             | 400 content_filter, no retry | at once | 1 call
drip              | 200, whole                               | 200, whole                   | 12 s    | 1 call
gzip              | 200, whole                               | 200, whole                   | at once | 1 call
odd-borders       | 200, whole                               | 200, whole                   | at once | 1 call
`,
  infer: `
none              | 200, whole           | 200, whole                   | at once | 1 call
rate-limit        | 429, retry after 7 s | 200, whole from the fallback | at once | 1 call
bare-rate-limit   | 429, retry           | 200, whole from the fallback | at once | 1 call
fails-once        | 503, retry; then 200, whole; then 200, whole | 200, whole from the fallback; then 200, whole; then 200, whole | at once | 3 calls
away-for-a-minute | 503, retry; then 503, retry; then 200, whole | 200, whole from the fallback; then 200, whole from the fallback; then 200, whole | at once | 3 calls
flapping          | 503, retry; then 200, whole; then 503, retry | 200, whole from the fallback; then 200, whole; then 200, whole from the fallback | at once | 3 calls
reset             | 503, retry           | 200, whole from the fallback | at once | 1 call
reset-when-used   | 200, whole           | 200, whole                   | at once | 2 calls
silence           | 504, retry           | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
headers-only      | 504, retry           | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
slow-start        | 200, whole           | 200, whole                   | 8 s     | 1 call
cut               | 502, retry           | 200, whole from the fallback | at once | 1 call
stall             | 504, retry           | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
ends-early        | 502, retry           | 200, whole from the fallback | at once | 1 call
no-end-mark       | 200, whole           | 200, whole                   | at once | 1 call
malformed         | 502, retry           | 200, whole from the fallback | at once | 1 call
error-in-answer   | 502, retry           | 200, whole from the fallback | at once | 1 call
web-page          | 502, retry           | 200, whole from the fallback | at once | 1 call
wrong-type        | 200, whole           | 200, whole                   | at once | 1 call
huge-headers      | 502, retry           | 200, whole from the fallback | at once | 1 call
context-length    | 400, no retry        | 400, no retry                | at once | 1 call
content-filter    | 400, no retry        | 400, no retry                | at once | 1 call
drip              | 200, whole           | 200, whole                   | 12 s    | 1 call
gzip              | 200, whole           | 200, whole                   | at once | 1 call
odd-borders       | 200, whole           | 200, whole                   | at once | 1 call
`,
  'infer-binary': `
none              | 200, whole           | 200, whole                   | at once | 1 call
rate-limit        | 429, retry after 7 s | 200, whole from the fallback | at once | 1 call
bare-rate-limit   | 429, retry           | 200, whole from the fallback | at once | 1 call
fails-once        | 503, retry; then 200, whole; then 200, whole | 200, whole from the fallback; then 200, whole; then 200, whole | at once | 3 calls
away-for-a-minute | 503, retry; then 503, retry; then 200, whole | 200, whole from the fallback; then 200, whole from the fallback; then 200, whole | at once | 3 calls
flapping          | 503, retry; then 200, whole; then 503, retry | 200, whole from the fallback; then 200, whole; then 200, whole from the fallback | at once | 3 calls
reset             | 503, retry           | 200, whole from the fallback | at once | 1 call
reset-when-used   | 200, whole           | 200, whole                   | at once | 2 calls
silence           | 504, retry           | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
headers-only      | 504, retry           | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
slow-start        | 200, whole           | 200, whole                   | 8 s     | 1 call
cut               | 502, retry           | 200, whole from the fallback | at once | 1 call
stall             | 504, retry           | 200, whole from the fallback | 20 s    | 1 call, closed by the gateway
ends-early        | 502, retry           | 200, whole from the fallback | at once | 1 call
no-end-mark       | 502, retry           | 200, whole from the fallback | at once | 1 call
malformed         | 502, retry           | 200, whole from the fallback | at once | 1 call
error-in-answer   | 502, retry           | 200, whole from the fallback | at once | 1 call
web-page          | 502, retry           | 200, whole from the fallback | at once | 1 call
wrong-type        | 200, whole           | 200, whole                   | at once | 1 call
huge-headers      | 502, retry           | 200, whole from the fallback | at once | 1 call
context-length    | 400, no retry        | 400, no retry                | at once | 1 call
content-filter    | 400, no retry        | 400, no retry                | at once | 1 call
drip              | 200, whole           | 200, whole                   | 12 s    | 1 call
gzip              | 200, whole           | 200, whole                   | at once | 1 call
odd-borders       | 200, whole           | 200, whole                   | at once | 1 call
`,
}
