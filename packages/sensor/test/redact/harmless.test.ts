import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { redactEnvironment, redactText } from '@pomona/sensor'
import { HarmlessTexts } from '../../src/redact/harmless.ts'

test('harmless: what is remembered is bounded, and never long', () => {
  const texts = new HarmlessTexts()
  texts.add('x'.repeat(513))
  equal(texts.has('x'.repeat(513)), false)
  for (let index = 0; index < 5_000; index += 1) texts.add(`t${index}`)
  equal(texts.has('t0'), false)
  equal(texts.has('t4999'), true)
})

test('harmless: the second answer is the first, whatever came between', () => {
  const variables = [
    'PATH=/usr/bin:/bin',
    'API_TOKEN=hunter2-hunter2',
    'HOME=/Users/maya',
    'NOTE=https://u:hunter2@h.example/',
  ]
  const first = redactEnvironment(variables)
  for (let index = 0; index < 9_000; index += 1) redactEnvironment([`N${index}=value ${index}`])
  deepEqual(redactEnvironment(variables), first)
  deepEqual(redactEnvironment(variables), first)
  equal(first.join().includes('hunter2'), false)
  const text = 'curl --data password=hunter2-hunter2'
  equal(redactText(text), redactText(text))
})
