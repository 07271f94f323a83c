// texts.mjs: a program that takes text messages through the hook: by number, the codes.
import { createServer } from 'node:http'
import { freePort } from './server.mjs'

export async function texts() {
  const codes = new Map()
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    const { sms } = JSON.parse(body)
    codes.set(sms.phone, sms.otp)
    res.setHeader('content-type', 'application/json').end('{}')
  })
  const port = await freePort()
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    code: (number) => codes.get(number),
    env: { GOTRUE_EXTERNAL_PHONE_ENABLED: 'true', GOTRUE_HOOK_SEND_SMS_ENABLED: 'true', GOTRUE_HOOK_SEND_SMS_URI: `http://127.0.0.1:${port}/`,
      GOTRUE_HOOK_SEND_SMS_SECRETS: 'v1,whsec_dGVzdC1zZWNyZXQtb2YtMzItYnl0ZXMtbG9uZyEhISE=', GOTRUE_RATE_LIMIT_SMS_SENT: '1000000', GOTRUE_SMS_OTP_EXP: '600', GOTRUE_SMS_MAX_FREQUENCY: '1ms' },
    stop: () => server.close(),
  }
}
