import { playChaptersOf } from './fault-chapter.ts'

playChaptersOf('from-ai-sdk')
