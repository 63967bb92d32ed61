import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { xmlAttribute, xmlText, xmlTokens } from '../../src/markup/xml.ts'

const cases = [
  { name: 'tags and texts in order', xml: '<a x="1">t<b/></a>', want: '<a|t|<b|>b|>a' },
  {
    name: 'comments, processing and types pass',
    xml: '<?x?><!DOCTYPE a><!-- <c> --><a>',
    want: '<a',
  },
  { name: 'character data is not looked into', xml: '<a><![CDATA[<b>]]></a>', want: '<a|<b>|>a' },
  { name: 'an open end ends the list', xml: '<a><b', want: '<a' },
  { name: 'a comment that does not end ends it too', xml: '<a><!-- <b>', want: '<a' },
]
for (const { name, xml, want } of cases) {
  test(`xml: ${name}`, () => {
    const marks = { open: '<', close: '>' }
    const tokens = [...xmlTokens(xml)].map((token) =>
      token.kind === 'text' ? token.text : marks[token.kind] + token.name,
    )
    equal(tokens.join('|'), want)
  })
}

test('xml: attributes have their entities replaced', () => {
  const tag = { attributes: ` a='x"y' b = "&lt;&#65;&#x42;&amp;&unknown;" ` }
  deepEqual(
    ['a', 'b', 'c'].map((name) => xmlAttribute(tag, name)),
    ['x"y', '<AB&&unknown;', undefined],
  )
})

test('xml: a character beyond Unicode stays as it is written', () => {
  equal(xmlText('&#x110000;&#9999999;'), '&#x110000;&#9999999;')
})
