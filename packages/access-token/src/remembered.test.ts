import fc from 'fast-check'
import { createRemembered } from './remembered.ts'

test('at most so many are kept, and the one that was added first makes room', () => {
  const step = fc.record({ kind: fc.constantFrom('set', 'set', 'set', 'delete'), name: fc.nat(20).map(String) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (limit, steps) => {
      const remembered = createRemembered<number>(limit)
      let model: [string, number][] = []
      for (const [i, { kind, name }] of steps.entries()) {
        const known = model.some(([other]) => other === name)
        if (kind === 'delete') {
          remembered.delete(name)
          model = model.filter(([other]) => other !== name)
        } else if (!known) {
          remembered.set(name, i)
          if (model.length >= limit) model = model.slice(1)
          model.push([name, i])
        }
        for (let n = 0; n <= 20; n++)
          expect(remembered.get(String(n))).toBe(model.find(([other]) => other === String(n))?.[1])
      }
    }),
  )
})
