import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { networkHolds, parseAddress, parseNetwork } from '../src/index.ts'

const ADDRESSES: readonly (readonly [text: string, groups: readonly number[] | undefined])[] = [
  ['192.0.2.1', [0xc000, 0x0201]],
  ['0.0.0.0', [0, 0]],
  ['255.255.255.255', [0xffff, 0xffff]],
  ['256.0.0.1', undefined],
  ['1.2.3', undefined],
  ['1.2.3.4.5', undefined],
  ['', undefined],
  ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
  ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
  ['2001:db8::8:800', [0x2001, 0xdb8, 0, 0, 0, 0, 8, 0x800]],
  ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4::5:6:7:8', undefined],
  ['1::2::3', undefined],
  ['fe80::1%en0', [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
  ['::ffff:192.0.2.1', [0xc000, 0x0201]],
  ['64:ff9b::192.0.2.1', [0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x0201]],
  ['12345::', undefined],
  ['1.2.3.4::', undefined],
  ['g::', undefined],
  ['1'.repeat(100), undefined],
]

for (const [text, groups] of ADDRESSES) {
  test(`network: the address ${text.slice(0, 40)}`, () => deepEqual(parseAddress(text), groups))
}

const NETWORKS: readonly (readonly [network: string, inside: string[], outside: string[]])[] = [
  ['10.0.0.0/8', ['10.255.0.1'], ['11.0.0.0', '::1']],
  ['192.0.2.128/25', ['192.0.2.128', '192.0.2.255'], ['192.0.2.127']],
  ['192.0.2.1', ['192.0.2.1'], ['192.0.2.2']],
  ['0.0.0.0/0', ['1.2.3.4'], ['::']],
  ['::/0', ['::1', 'ffff::'], ['0.0.0.0']],
  ['2001:db8::/17', ['2001:7fff::'], ['2001:8000::']],
]

for (const [network, inside, outside] of NETWORKS) {
  test(`network: ${network}`, () => {
    const parsed = parseNetwork(network)
    const holds = (text: string): boolean => {
      const address = parseAddress(text)
      return parsed !== undefined && address !== undefined && networkHolds(parsed, address)
    }
    deepEqual([inside.every(holds), outside.some(holds)], [true, false])
  })
}

for (const text of [
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  'x/8',
  '/8',
]) {
  test(`network: ${text} is none`, () => equal(parseNetwork(text), undefined))
}
