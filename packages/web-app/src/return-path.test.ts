import { ownPath } from './return-path.ts'

const origin = 'https://app.example.com'

test.each([
  ['/', '/'],
  ['/orders', '/orders'],
  ['/orders?open=1&sort=name', '/orders?open=1&sort=name'],
  ['/a/../orders', '/orders'],
  ['/orders/%C3%A9', '/orders/%C3%A9'],
  ['/orders?next=https://evil.example', '/orders?next=https://evil.example'],
  ['/@evil.example', '/@evil.example'],
  ['/%09//evil.example', '/%09//evil.example'],
  ['/%2F%2Fevil.example', '/%2F%2Fevil.example'],
  ['/%5Cevil.example', '/%5Cevil.example'],
  ['/%0d%0aSet-Cookie:x=y', '/%0d%0aSet-Cookie:x=y'],
  ['/javascript:alert(1)', '/javascript:alert(1)'],
  ['/orders#rows', '/orders'],
])('%s is a path of this site: %s', (text, path) => {
  expect(ownPath(text, origin)).toBe(path)
  // the browser's parser agrees
  expect(new URL(path, origin).origin).toBe(origin)
})

test.each([
  ...['', ' ', 'orders', './orders', '?x=1', '#x'],
  ...['//evil.example', '///evil.example', '////evil.example', '//evil.example/%2e%2e', '//app.example.com'],
  ...['/\\evil.example', '\\\\evil.example', '\\/evil.example', '/\\/evil.example', '/orders\\..\\x'],
  ...['/.//evil.example', '/..//evil.example', '/a/..//evil.example', '/%2e//evil.example', '/./\\evil.example'],
  ...[
    'https://evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:\\\\evil.example',
    'HTTPS://evil.example',
  ],
  ...['http://app.example.com', 'https://app.example.com', 'https://app.example.com@evil.example'],
  ...['https://app.example.com.evil.example/', 'https://user:password@app.example.com/', '//user@app.example.com/'],
  ...[
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc',
  ],
  ...[
    '\t//evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    ' //evil.example',
    '/ /evil.example',
  ],
  ...['/\u0000/evil.example', '\u00a0//evil.example', '/\u2028/evil.example', '\ufeff//evil.example', '/\u007f'],
  ...['/orders\r\nSet-Cookie: x=y', '/orders\nLocation: //evil.example', '/orders "x"', '/<script>', '/`', "/'"],
  ...['／／evil.example', '/／evil.example', '/。evil.example', '/é', '/\ud800'],
  ...['ftp://evil.example', 'ws://evil.example', 'about:blank', 'blob:https://evil.example/x', 'mailto:x@evil.example'],
  `/${'a'.repeat(2048)}`,
])('%j may lead elsewhere, and is none', text => {
  expect(ownPath(text, origin)).toBeUndefined()
})
