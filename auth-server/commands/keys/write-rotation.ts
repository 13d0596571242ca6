import type { Line, Place, Rotation, Step } from './plan-rotation.ts'

const whos: Readonly<Record<Place['who'], string>> = {
  'auth-servers': 'on every auth-server, restarted one by one',
  services: 'on every verifying service, restarted one by one',
  all: 'on every auth-server and every verifying service, in any order, restarted one by one',
}

/** A rotation as an operator reads it. It shows the new secret or private key. */
export const writeRotation = ({ title, steps }: Rotation): string =>
  [
    title,
    '',
    'No request fails when each step has arrived everywhere before the next one begins. A setting that comes from a file (NAME_FILE):',
    'the value is what has to be in the file, without the quotes. The new value below is a secret.',
    ...steps.flatMap(writeStep),
    '',
  ].join('\n')

const writeStep = ({ title, places, next }: Step, i: number): string[] => [
  '',
  `Step ${i + 1}: ${title}`,
  ...places.flatMap(({ who, lines }) => ['', `  ${whos[who]}`, ...lines.map(line => `    ${writeLine(line)}`)]),
  '',
  `  ${next}`,
]

const writeLine = ({ setting, value }: Line): string =>
  value === undefined ? `remove ${setting}` : `${setting}=${value}`
