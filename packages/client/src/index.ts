export { AuthError, type Change, type Credentials, type FieldComplaint, type User } from './core/index.ts'
