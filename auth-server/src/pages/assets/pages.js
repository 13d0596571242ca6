/** What is nicer with JavaScript. Everything works without it. */

for (const input of document.querySelectorAll('input[type=password]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'reveal'
  const label = input.labels[0]?.textContent.toLowerCase() ?? 'password'
  const show = visible => {
    input.type = visible ? 'text' : 'password'
    button.textContent = visible ? 'Hide' : 'Show'
    button.setAttribute('aria-label', `${button.textContent} ${label}`)
  }
  button.addEventListener('click', () => show(input.type === 'password'))
  // browsers offer to remember what is in a password field when the form goes
  input.form?.addEventListener('submit', () => show(false))
  const row = document.createElement('div')
  row.className = 'with-button'
  input.replaceWith(row)
  row.append(input, button)
  show(false)
}

for (const time of document.querySelectorAll('time')) time.title = new Date(time.dateTime).toLocaleString()

// whoever clicks a line of the summary wants to type
for (const link of document.querySelectorAll('.summary a[href^="#"]')) {
  link.addEventListener('click', event => {
    event.preventDefault()
    document.querySelector(link.getAttribute('href'))?.focus()
  })
}
