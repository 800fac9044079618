import { Button, Form, Input } from 'antd';
import { useText } from '../../ui/text.ts';
import { parseServerUrl } from './serverUrl.ts';

/** Where the server is; asked once on a desktop that does not come from it. */
export function ServerAddress({ serverUrl, onSave }: { readonly serverUrl: string | null; readonly onSave: (serverUrl: string) => void }) {
  const { t } = useText();
  return (
    <Form<{ url: string }>
      layout="vertical"
      requiredMark={false}
      size="large"
      initialValues={{ url: serverUrl ?? '' }}
      onFinish={({ url }) => {
        const parsed = parseServerUrl(url);
        if (parsed) onSave(parsed);
      }}
    >
      <Form.Item
        name="url"
        label={t('signIn.server')}
        help={serverUrl === null ? t('signIn.serverHelp') : undefined}
        rules={[{ validator: (_, value: unknown) => (typeof value === 'string' && parseServerUrl(value) ? Promise.resolve() : Promise.reject(new Error(t('signIn.serverInvalid')))) }]}
      >
        <Input type="url" maxLength={300} data-testid="server-url" />
      </Form.Item>
      <Button htmlType="submit" data-testid="server-url-save">
        {t('signIn.serverSave')}
      </Button>
    </Form>
  );
}
