// Manual appendix 12.1, ids 1800 to 1899; ours are 1823 to 1831.
#include <array>

#include "lib/trace/messages.h"

namespace certfleet::trace {
namespace {

constexpr auto I = Level::info;
constexpr auto W = Level::warning;
constexpr auto E = Level::error;

constexpr std::array messages = {
    Message{1801, I, "apply", 1, "適用を始めます。[{0}]", "The apply begins. [{0}]"},
    Message{1802, I, "apply", 1, "適用を終えました。[{0}]", "The apply has ended. [{0}]"},
    Message{1803, E, "apply", 1, "要求の項目の数が正しくありません。line={0}", "A request has the wrong number of fields. line={0}"},
    Message{1804, E, "apply", 1, "要求の適用モードが正しくありません。line={0}", "A request has an unknown mode. line={0}"},
    Message{1805, E, "apply", 0, "要求の項目の数が正しくありません。", "The request has the wrong number of fields."},
    Message{1810, E, "apply", 1, "SSH接続の応答が時間内にありません。TM={0}", "No answer over SSH in time. limit={0}"},
    Message{1811, E, "apply", 1, "ログインできません。[{0}]", "The login failed. [{0}]"},
    Message{1812, E, "apply", 1, "コマンドが失敗しました。[{0}]", "A command failed. [{0}]"},
    Message{1813, E, "apply", 1, "アカウント情報がありません。{0}", "There is no account information. {0}"},
    Message{1814, E, "apply", 0, "適用後の確認の設定がありません。", "There are no settings to check the node with."},
    Message{1815, E, "apply", 1, "適用後の確認に失敗しました。{0}", "The check after the apply failed. {0}"},
    Message{1816, E, "apply", 1, "証明書を元に戻せません。[{0}]", "The certificate can't be restored. [{0}]"},
    Message{1817, E, "apply", 1, "アクセス権を変更できません。[{0}]", "The permissions can't be changed. [{0}]"},
    Message{1818, E, "apply", 1, "標準エラー出力 [{0}]", "Standard error [{0}]"},
    Message{1819, E, "apply", 1, "TLS接続に失敗しました。{0}", "The TLS connection failed. {0}"},
    Message{1820, I, "apply", 2, "REST APIを呼び出します。[request={0}, url={1}]", "Calling the REST API. [request={0}, url={1}]"},
    Message{1821, E, "apply", 1, "REST APIの呼び出しに失敗しました。[{0}]", "The call failed. [{0}]"},
    Message{1822, E, "apply", 1, "応答が正常ではありません。[{0}]", "The answer is not a good one. [{0}]"},
    Message{1823, E, "apply", 1, "SSHホスト鍵が登録と一致しません。接続を中止しました。{0}",
            "The SSH host key is not the registered one; the connection was given up. {0}"},
    Message{1824, E, "apply", 1, "SSHホスト鍵が登録されていません。{0}", "No SSH host key is registered. {0}"},
    Message{1825, E, "apply", 1, "SSHで接続できません。{0}", "No connection over SSH. {0}"},
    Message{1826, W, "apply", 1, "中断した適用のファイルを元に戻しました。[{0}]",
            "The files of an interrupted apply were put back. [{0}]"},
    Message{1827, W, "apply", 1, "ノードを元に戻すまで、時間をおいて再試行します。{0}",
            "The node is not yet mended; another try follows. {0}"},
    Message{1828, I, "apply", 0, "設定の検査に合格しました。", "The configuration test passed."},
    Message{1829, E, "apply", 1, "設定の検査に失敗しました。[{0}]", "The configuration test failed. [{0}]"},
    Message{1830, E, "apply", 1, "この種別のノードへの適用には対応していません。{0}",
            "Nothing is applied to nodes of this kind. {0}"},
    Message{1831, W, "apply", 1, "中断したため、元に戻します。{0}", "The apply was stopped and is rolled back. {0}"},
    Message{1839, E, "apply", 1, "REST APIに接続できません。{0}", "No connection to the REST API. {0}"},
    Message{1840, E, "apply", 1, "ファイルを削除できません。[{0}]", "A file can't be deleted. [{0}]"},
    Message{1841, E, "apply", 1, "ファイルを送信できません。[{0}]", "A file can't be sent. [{0}]"},
    Message{1842, E, "apply", 1, "ファイルを受信できません。[{0}]", "A file can't be received. [{0}]"},
    Message{1843, E, "apply", 1, "PKCS #12 への変換に失敗しました。[{0}]", "The conversion to PKCS #12 failed. [{0}]"},
    Message{1849, E, "apply", 1, "WinRMで接続できません。[{0}]", "No connection over WinRM. [{0}]"},
    Message{1850, I, "apply", 1, "SSHで接続しました。[{0}]", "Connected over SSH. [{0}]"},
    Message{1851, I, "apply", 1, "フォルダを作りました。[{0}]", "A folder was made. [{0}]"},
    Message{1852, I, "apply", 1, "ファイルを送信しました。[{0}]", "A file was sent. [{0}]"},
    Message{1853, I, "apply", 0, "現在の証明書と秘密鍵の控えを取りました。", "Certificate and private key were backed up."},
    Message{1854, I, "apply", 0, "証明書と秘密鍵を置き換えました。", "Certificate and private key were replaced."},
    Message{1855, I, "apply", 0, "Apacheに再読み込みを要求しました。", "Apache was asked to reload."},
    Message{1857, I, "apply", 1, "配信中の証明書を確認しました。シリアルNo:{0}", "The served certificate is the right one. Serial no.: {0}"},
    Message{1858, I, "apply", 1, "古い世代を削除しました。[{0}]", "An older generation was deleted. [{0}]"},
    Message{1859, I, "apply", 0, "証明書の適用が完了しました。", "The certificate is applied."},
    Message{1860, I, "apply", 0, "SSH接続を切断しました。", "Disconnected."},
    Message{1861, W, "apply", 1, "適用に失敗したため、元に戻します。{0}", "The apply failed and is rolled back. {0}"},
    Message{1862, I, "apply", 0, "証明書と秘密鍵を元に戻しました。", "Certificate and private key were put back."},
    Message{1863, I, "apply", 0, "送信したファイルを削除しました。", "The files that were sent are deleted."},
    Message{1864, I, "apply", 0, "作ったフォルダを削除しました。", "The folder that was made is deleted."},
    Message{1865, I, "apply", 1, "インポートしました。[{0}]", "Imported. [{0}]"},
    Message{1866, I, "apply", 1, "プロファイルを更新しました。[{0}]", "The profile was updated. [{0}]"},
    Message{1867, I, "apply", 1, "サイトを更新しました。[{0}]", "The site was updated. [{0}]"},
};

}  // namespace

std::span<const Message> apply_messages() { return messages; }

}  // namespace certfleet::trace
