/** Writes the page of faults. A test fails when the page is out of date. */
import { writeFileSync } from 'node:fs'
import { faultPage, faultPagePath } from '../test/laboratory/fault-page.ts'

writeFileSync(faultPagePath, faultPage())
