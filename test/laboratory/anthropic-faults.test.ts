import { playChaptersOf } from './fault-chapter.ts'

playChaptersOf('anthropic')
