import fc from 'fast-check'

// All runs of a commit draw the same cases, so a test that fails tells of the change. `npm run soak` draws others.
fc.configureGlobal({ seed: Number(process.env.MODELSPINE_SEED ?? 1) })
