import { networkOf } from './source.ts'

describe('the network of an address', () => {
  test.each([
    ['IPv4 addresses are each their own', '192.0.2.1', '192.0.2.2', false],
    ['a mapped address is the IPv4 one', '::ffff:192.0.2.1', '192.0.2.1', true],
    ['however it is written', '::ffff:c000:201', '::ffff:192.0.2.1', true],
    ['mapped addresses are each their own', '::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['an IPv6 address is its /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['and not more than that', '2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['however it is written', '2001:DB8:0001:2:0:0:0:1', '2001:db8:1:2::1', true],
    ['a zone makes no difference', 'fe80::1%eth0', 'fe80::1', true],
    ['a port makes no difference', '192.0.2.1:4711', '192.0.2.1', true],
    ['nor that of an IPv6 address', '[2001:db8::1]:4711', '2001:db8::1', true],
    ['no address is one of its own', undefined, '192.0.2.1', false],
    ['what is none is like no address', 'unknown', undefined, true],
  ])('%s: %s and %s', (_, one, other, same) => {
    expect(networkOf(one) === networkOf(other)).toBe(same)
  })
})
