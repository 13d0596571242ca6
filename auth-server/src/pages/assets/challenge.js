/** The widget of the proof of work, put where the page says. It begins by itself, while its reader types the password again. */

for (const place of document.querySelectorAll('[data-challenge]')) {
  globalThis.$altcha.algorithms.set('PBKDF2/SHA-256', () => new Worker(place.dataset.worker))
  const widget = document.createElement('altcha-widget')
  widget.setAttribute('name', 'challenge')
  widget.setAttribute('auto', 'onload')
  widget.setAttribute('language', 'en')
  widget.setAttribute('challenge', place.dataset.challenge)
  place.append(widget)
}
