export { foldCase } from '@pomona/rules'
