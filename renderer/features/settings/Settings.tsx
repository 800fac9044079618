import { Button, Form, Input, Segmented, Select } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Party } from '#shared/domain/people';
import type { SourceProfileName } from '#shared/domain/sourceProfiles';
import { drop } from '#shared/lib/drop';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { clockTime, duration } from '../../i18n/format.ts';
import type { AccountModel, SessionInfo } from '../../state/accountModel.ts';
import type { DeviceModel } from '../../state/deviceModel.ts';
import type { HostPort } from '../../state/ports.ts';
import type { SettingsModel, ThemeName } from '../../state/settingsModel.ts';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { Chip } from '../../ui/parts/Chip.tsx';
import { emailField, emailRule, typedEmail } from '../../ui/emailField.ts';
import { programName } from '../../ui/programName.ts';
import { useClock, useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import './settings.css';

export interface SettingsProps {
  readonly settings: SettingsModel;
  readonly account: AccountModel;
  readonly devices: DeviceModel;
  readonly self: Party;
  readonly bridge: HostPort;
  readonly serverUrl: string;
  readonly serverVersion: string | null;
}

export default function Settings(props: SettingsProps) {
  const { t } = useText();
  return (
    <div className="hz-page st-page">
      <div className="hz-page-head">
        <h1>{t('settings.title')}</h1>
      </div>
      <div className="st-columns">
        <Appearance settings={props.settings} />
        <Devices devices={props.devices} />
        <Sessions account={props.account} />
        {props.self.kind === 'person' && <Contact account={props.account} />}
        {props.self.kind === 'person' && <Password account={props.account} />}
        <About {...props} />
        {props.bridge.info?.isKiosk === true && <Kiosk bridge={props.bridge} />}
      </div>
    </div>
  );
}

function Card({ title, help, children }: { readonly title: string; readonly help?: string; readonly children: ReactNode }) {
  return (
    <section className="hz-card st-card">
      <div>
        <h2>{title}</h2>
        {help && <p className="hz-muted hz-small">{help}</p>}
      </div>
      {children}
    </section>
  );
}

const THEMES: readonly ThemeName[] = ['light', 'dark', 'cart'];

function Appearance({ settings }: { readonly settings: SettingsModel }) {
  const { t } = useText();
  const { language, theme, isUnsaved } = useStore(settings.store);
  return (
    <Card title={t('settings.appearance')}>
      <Segmented
        block
        aria-label={t('settings.language')}
        value={language}
        onChange={(next) => settings.setLanguage(next)}
        options={[
          { value: 'zh-CN' as const, label: <span data-testid="language-zh-CN">中文</span> },
          { value: 'en' as const, label: <span data-testid="language-en">English</span> },
        ]}
      />
      <Segmented block aria-label={t('settings.theme')} value={theme} onChange={(next) => settings.setTheme(next)} options={THEMES.map((value) => ({ value, label: <span data-testid={`theme-${value}`}>{t(`settings.theme.${value}`)}</span> }))} />
      <p className="hz-muted hz-small">{t('settings.themeHelp')}</p>
      {isUnsaved && <p role="status">{t('settings.unsaved')}</p>}
    </Card>
  );
}

const CAMERAS: readonly SourceProfileName[] = ['face', 'field', 'ultrasound'];
const SOUNDS: readonly SourceProfileName[] = ['mic', 'clinicalAudio'];

function Devices({ devices }: { readonly devices: DeviceModel }) {
  const { t } = useText();
  const state = useStore(devices.store);
  useEffect(() => devices.refresh(), [devices]);
  const rows = [
    ...CAMERAS.map((profile) => ({ profile, name: t(`profile.${profile}`), options: state.cameras })),
    ...SOUNDS.map((profile) => ({ profile, name: t(`profile.${profile}`), options: state.microphones })),
    { profile: 'speaker' as const, name: t('device.speaker'), options: state.speakers },
  ];
  return (
    <Card title={t('settings.devices')} help={t('settings.devicesHelp')}>
      {state.permission === 'denied' && <p className="hz-muted">{t('device.permissionDenied')}</p>}
      <ul className="st-rows">
        {rows.map(({ profile, name, options }) => (
          <li key={profile} className="st-device">
            <span>{name}</span>
            <Select
              aria-label={name}
              value={state.chosen[profile] ?? null}
              placeholder={t(options.length === 0 ? 'device.none' : 'settings.deviceAuto')}
              disabled={options.length === 0}
              options={options.map(({ deviceId, label }) => ({ value: deviceId, label }))}
              onChange={(deviceId: string) => devices.choose(profile, deviceId)}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Sessions({ account }: { readonly account: AccountModel }) {
  const { t, language } = useText();
  const { sessions, error } = useStore(account.store);
  const [asked, setAsked] = useState<SessionInfo | null>(null);
  const { wallMs } = useNow(60_000);
  useEffect(() => account.refresh(), [account]);
  return (
    <Card title={t('settings.sessions')} help={t('settings.sessionsHelp')}>
      {error && <ErrorNotice error={error} action={<Button onClick={account.refresh}>{t('common.retry')}</Button>} />}
      {sessions === null && !error && <p role="status">{t('common.loading')}</p>}
      <ul className="st-rows" data-testid="sessions">
        {sessions?.map((one) => (
          <li key={one.id} className="hz-row">
            <div className="hz-grow">
              <div className="hz-row-wrap">
                <span title={one.client}>{programName(one.client, t)}</span> {one.isThisOne && <Chip tone="primary">{t('settings.sessionThis')}</Chip>}
              </div>
              <small className="hz-muted">
                {t('settings.sessionSeen', { time: clockTime(one.lastSeenAtMs, wallMs, language) })} · {t('settings.sessionSince', { time: clockTime(one.createdAtMs, wallMs, language) })}
              </small>
            </div>
            {!one.isThisOne && (
              <Button onClick={() => setAsked(one)} aria-label={t('settings.revokeNamed', { client: programName(one.client, t) })} data-testid={`revoke-${one.id}`}>
                {t('settings.revoke')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked && (
        <ConfirmDialog
          isOpen
          title={t('settings.revokeTitle')}
          text={t('settings.revokeText', { client: programName(asked.client, t) })}
          confirmLabel={t('settings.revoke')}
          isDangerous
          confirmTestId="revoke-confirm"
          onConfirm={() => {
            account.revoke(asked.id);
            setAsked(null);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
    </Card>
  );
}

/** Where notices reach the person besides the client. */
function Contact({ account }: { readonly account: AccountModel }) {
  const { t } = useText();
  const { contact } = useStore(account.store);
  const [form] = Form.useForm<{ readonly email: string }>();
  useEffect(() => account.loadContact(), [account]);
  useEffect(() => form.setFieldsValue({ email: contact.email ?? '' }), [form, contact.email]);
  const isThere = contact.step !== 'loading';
  return (
    <Card title={t('settings.contact')} help={t('settings.contactHelp')}>
      {!isThere && contact.error === null && <p role="status">{t('common.loading')}</p>}
      {contact.error && <ErrorNotice error={contact.error} action={isThere ? undefined : <Button onClick={account.loadContact}>{t('common.retry')}</Button>} />}
      <Form form={form} layout="vertical" requiredMark={false} disabled={!isThere} onFinish={({ email }) => account.setContact(typedEmail(email))}>
        <Form.Item name="email" label={t('settings.email')} extra={t('settings.emailNone')} rules={[emailRule(t)]}>
          <Input {...emailField} data-testid="own-email" />
        </Form.Item>
        {contact.step === 'done' && <p role="status">{t(contact.email === null ? 'settings.emailRemoved' : 'settings.emailSaved')}</p>}
        <Button htmlType="submit" loading={contact.step === 'working'} data-testid="save-email">
          {t('common.save')}
        </Button>
      </Form>
    </Card>
  );
}

interface PasswordValues {
  readonly current: string;
  readonly next: string;
  readonly repeat: string;
}

function Password({ account }: { readonly account: AccountModel }) {
  const { t } = useText();
  const { password } = useStore(account.store);
  const [form] = Form.useForm<PasswordValues>();
  useEffect(() => {
    if (password.step === 'done') form.resetFields();
  }, [form, password.step]);
  const required = { required: true, message: t('settings.required') };
  return (
    <Card title={t('settings.password')}>
      <Form<PasswordValues> form={form} layout="vertical" requiredMark={false} onFinish={({ current, next }) => account.changePassword(current, next)}>
        <Form.Item name="current" label={t('settings.passwordCurrent')} rules={[required]}>
          <Input.Password autoComplete="current-password" maxLength={200} />
        </Form.Item>
        <Form.Item name="next" label={t('settings.passwordNext')} extra={t('settings.passwordHelp')} rules={[required]}>
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        <Form.Item
          name="repeat"
          label={t('settings.passwordRepeat')}
          dependencies={['next']}
          rules={[required, { validator: (_, value: unknown) => (!value || value === form.getFieldValue('next') ? Promise.resolve() : Promise.reject(new Error(t('settings.passwordMismatch')))) }]}
        >
          <Input.Password autoComplete="new-password" maxLength={200} />
        </Form.Item>
        {password.step === 'failed' && <ErrorNotice error={password.error} />}
        {password.step === 'done' && <p role="status">{t('settings.passwordDone')}</p>}
        <Button htmlType="submit" loading={password.step === 'working'}>
          {t('settings.passwordSubmit')}
        </Button>
      </Form>
    </Card>
  );
}

function About({ bridge, serverUrl, serverVersion }: SettingsProps) {
  const { t } = useText();
  const clock = useClock();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => (isCopied ? clock.after(2000, () => setCopied(false)) : undefined), [clock, isCopied]);
  const rows: readonly (readonly [string, string])[] = [
    [t('settings.aboutHost'), t(`settings.host.${bridge.kind}`, { version: bridge.info?.version ?? '' })],
    [t('settings.aboutClient'), PROTOCOL_VERSION],
    [t('settings.aboutServer'), serverVersion ?? t('common.unknown')],
    [t('settings.aboutServerUrl'), serverUrl],
    ...(bridge.info ? [[t('settings.aboutVault'), t(`settings.vault.${bridge.info.vault}`)] as const] : []),
  ];
  const copy = () =>
    drop(
      bridge
        .request('diagnostics.collect', {})
        .then(({ text }) => navigator.clipboard.writeText(text))
        .then(() => setCopied(true)),
      'the button keeps its word when nothing was copied',
    );
  return (
    <Card title={t('settings.about')}>
      <dl className="st-about">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Button onClick={copy}>{t(isCopied ? 'common.copied' : 'settings.diagnostics')}</Button>
    </Card>
  );
}

function Kiosk({ bridge }: { readonly bridge: HostPort }) {
  const { t, language } = useText();
  const [retryAfterMs, setRetryAfterMs] = useState<number | null>(null);
  return (
    <Card title={t('settings.kiosk')} help={t('settings.kioskHelp')}>
      <Form<{ code: string }>
        layout="vertical"
        requiredMark={false}
        onFinish={({ code }) =>
          drop(
            bridge.request('kiosk.exit', { code }).then((answer) => setRetryAfterMs(answer.isAccepted ? null : answer.retryAfterMs)),
            'a host that does not answer leaves the kiosk as it is',
          )
        }
      >
        <Form.Item name="code" label={t('settings.kioskCode')} rules={[{ required: true, message: t('settings.required') }]}>
          <Input.Password autoComplete="off" maxLength={64} />
        </Form.Item>
        {retryAfterMs !== null && <p role="alert">{t('settings.kioskRefused', { duration: duration(retryAfterMs, language) })}</p>}
        <Button htmlType="submit">{t('settings.kioskExit')}</Button>
      </Form>
    </Card>
  );
}
