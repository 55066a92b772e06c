// Manual appendix 12.1, ids 2000 to 2699; ours are 2004 to 2005, 2114 to 2130, 2204 to 2205, 2430 to 2432 and
// 2620 to 2627.
#include <array>

#include "lib/trace/messages.h"

namespace certfleet::trace {
namespace {

constexpr auto I = Level::info;
constexpr auto W = Level::warning;
constexpr auto E = Level::error;

constexpr std::array messages = {
    Message{2001, E, "csr", 1, "CSRを作成できません。{0}", "The CSR can't be made. {0}"},
    Message{2002, E, "csr", 1, "対応していない暗号方式です。{0}", "The key algorithm is not supported. {0}"},
    Message{2003, E, "csr", 1, "CSRに必要な情報が足りません。[{0}]", "What a CSR needs is missing. [{0}]"},
    Message{2004, I, "csr", 1, "鍵を作成し、封印して保存しました。[{0}]", "A key was made and stored sealed. [{0}]"},
    Message{2005, I, "csr", 1, "CSRを作成しました。[{0}]", "The CSR was made. [{0}]"},
    Message{2101, E, "orders", 1, "CSRを読み取れません。[{0}]", "The CSR can't be read. [{0}]"},
    Message{2102, I, "orders", 1, "認証局のAPIを呼び出します。[{0}]", "Calling the CA. [{0}]"},
    Message{2103, E, "orders", 1, "認証局の呼び出しに失敗しました。[{0}]", "The call to the CA failed. [{0}]"},
    Message{2104, E, "orders", 1, "認証局の応答が異常です。[{0}]", "The CA answered with an error. [{0}]"},
    Message{2105, E, "orders", 1, "認証局の応答の内容が想定外です。[{0}]", "The CA's answer is not what was expected. [{0}]"},
    Message{2106, E, "orders", 1, "組織の認証を確認できません。[{0}]", "The organization is not validated. [{0}]"},
    Message{2107, E, "orders", 1, "ドメインの認証を確認できません。[{0}]", "The domain is not validated. [{0}]"},
    Message{2108, W, "orders", 1, "複数の応答を受け取りました。[requests({0})]", "There were several answers. [requests({0})]"},
    Message{2109, I, "orders", 1, "申請の状態 [{0}]", "State of the order [{0}]"},
    Message{2110, E, "orders", 1, "要求の項目の数が正しくありません。line={0}", "A request has the wrong number of fields. line={0}"},
    Message{2111, E, "orders", 1, "申請に必要な情報が足りません。[{0}]", "What the order needs is missing. [{0}]"},
    Message{2112, I, "orders", 2, "申請を始めます。[{0}] [{1}]", "The order begins. [{0}] [{1}]"},
    Message{2113, I, "orders", 1, "申請を終えました。[{0}]", "The order has ended. [{0}]"},
    Message{2114, I, "orders", 1, "認証局のアカウントを登録しました。[{0}]", "The account is registered at the CA. [{0}]"},
    Message{2115, I, "orders", 1, "認証局が申請を受理しました。[{0}]", "The CA has accepted the order. [{0}]"},
    Message{2116, I, "orders", 1, "ドメインの確認に応じる用意ができました。[{0}]", "The challenge for a domain is ready. [{0}]"},
    Message{2117, I, "orders", 1, "認証局がドメインを確認しました。[{0}]", "The CA has validated a domain. [{0}]"},
    Message{2118, I, "orders", 0, "CSRを認証局に提出しました。", "The CSR is submitted to the CA."},
    Message{2119, I, "orders", 1, "証明書を取得しました。シリアルNo:{0}", "The certificate is downloaded. Serial no.: {0}"},
    Message{2120, W, "orders", 1, "認証局の利用制限に達しました。{0}", "The CA limits the rate. {0}"},
    Message{2121, W, "orders", 1, "認証局がナンスを繰り返し拒否しました。{0}", "The CA has refused nonces again and again. {0}"},
    Message{2122, W, "orders", 1, "再試行します。{0}", "Another try follows. {0}"},
    Message{2123, E, "orders", 1, "取得した証明書を受け付けられません。{0}", "The certificate that was issued is not acceptable. {0}"},
    Message{2124, I, "orders", 0, "申請を取り消しました。", "The order is cancelled."},
    Message{2199, E, "orders", 2, "応答の詳細[{0}:{1}]", "Details of the answer [{0}:{1}]"},
    Message{2201, E, "mail", 1, "メールを送信できません。[{0}]", "The mail can't be sent. [{0}]"},
    Message{2202, E, "mail", 1, "メールに必要な情報が足りません。[{0}]", "What the mail needs is missing. [{0}]"},
    Message{2203, W, "mail", 1, "SMTPは暗号化されていません。[{0}]", "SMTP is not encrypted. [{0}]"},
    Message{2204, I, "mail", 2, "メールを送信しました。[{0}] 宛先 {1} 件", "The mail is sent. [{0}] recipients: {1}"},
    Message{2401, E, "verify", 1, "要求の項目の数が正しくありません。line={0}", "A request has the wrong number of fields. line={0}"},
    Message{2402, E, "verify", 1, "要求のホスト情報が正しくありません。line={0}", "A request has a wrong host. line={0}"},
    Message{2403, E, "verify", 1, "要求の検索モードが正しくありません。line={0}", "A request has an unknown mode. line={0}"},
    Message{2404, E, "verify", 1, "証明書がありません。{0}", "There is no certificate. {0}"},
    Message{2405, I, "verify", 4, "確認を始めます。宛先<{0}> ホスト<{1}> FQDN<{2}> ポート<{3}>",
            "The check begins. address<{0}> host<{1}> FQDN<{2}> port<{3}>"},
    Message{2406, I, "verify", 4, "確認を終えました。宛先<{0}> ホスト<{1}> FQDN<{2}> ポート<{3}>",
            "The check has ended. address<{0}> host<{1}> FQDN<{2}> port<{3}>"},
    Message{2410, E, "verify", 1, "応答の形式が正しくありません。{0}", "The format of the answer is wrong. {0}"},
    Message{2411, E, "verify", 1, "証明書を受信できません。{0}", "No certificate was received. {0}"},
    Message{2412, E, "verify", 1, "応答が時間内にありません。{0}", "No answer in time. {0}"},
    Message{2413, E, "verify", 1, "名前を解決できません。[{0}]", "The name can't be resolved. [{0}]"},
    Message{2420, E, "verify", 0, "アカウント情報がありません。", "There is no account information."},
    Message{2421, E, "verify", 1, "ログインできません。{0}", "The login failed. {0}"},
    Message{2422, E, "verify", 1, "証明書がありません。{0}", "There is no certificate. {0}"},
    Message{2423, E, "verify", 1, "コマンドが失敗しました。[{0}]", "A command failed. [{0}]"},
    Message{2429, E, "verify", 1, "コマンドの実行で例外が起きました。{0}", "A command ended unexpectedly. {0}"},
    Message{2430, I, "verify", 1, "新しい証明書が配信されています。シリアルNo:{0}", "The newest certificate is served. Serial no.: {0}"},
    Message{2431, W, "verify", 1, "前の世代の証明書が配信されています。シリアルNo:{0}",
            "The previous certificate is served. Serial no.: {0}"},
    Message{2432, W, "verify", 1, "管理していない証明書が配信されています。シリアルNo:{0}",
            "A certificate that is not managed here is served. Serial no.: {0}"},
    Message{2601, I, "scheduler", 4, "要求の生成: {0} サービス名：{1} 拠点名:{2} ノード名:{3}",
            "Request made: {0}. Service: {1}, site: {2}, node: {3}"},
    Message{2602, I, "scheduler", 1, "拠点への要求を出しました。拠点：{0}", "A request was sent to a site. Site: {0}"},
    Message{2603, I, "scheduler", 1, "拠点に結果を要求しました。拠点：{0}", "A result was asked of a site. Site: {0}"},
    Message{2605, W, "scheduler", 1, "条件に合うノードがありません。{0}", "No node fits the request. {0}"},
    Message{2606, W, "scheduler", 1, "条件に合うサービスがありません。{0}", "No service fits the request. {0}"},
    Message{2607, I, "scheduler", 1, "申請を要求しました。サービス：{0}", "An order is requested. Service: {0}"},
    Message{2608, I, "scheduler", 1, "申請の結果を要求しました。サービス：{0}", "The result of an order is asked for. Service: {0}"},
    Message{2609, I, "scheduler", 0, "CSRの作成を要求しました。", "A CSR is requested."},
    Message{2610, E, "scheduler", 0, "証明書を登録する空きがありません。", "There is no free slot for a certificate."},
    Message{2611, W, "scheduler", 1, "無効なノードに適用が要求されました。[{0}]", "An apply was requested for a disabled node. [{0}]"},
    Message{2620, W, "pipeline", 1, "応答しないワーカーから要求を引き取りました。[{0}]", "The job of a lost worker was taken back. [{0}]"},
    Message{2621, W, "pipeline", 2, "失敗したため再試行します。[{0}] {1}", "The attempt failed and will be made again. [{0}] {1}"},
    Message{2622, W, "pipeline", 1, "遅れて届いた結果を破棄しました。[{0}]", "A result that came too late was dropped. [{0}]"},
    Message{2623, E, "pipeline", 2, "再試行の上限に達しました。[{0}] {1}", "The job is dead: its limit is reached. [{0}] {1}"},
    Message{2624, E, "pipeline", 2, "要求が失敗しました。[{0}] {1}", "The job failed. [{0}] {1}"},
    Message{2625, I, "pipeline", 1, "要求を取り消しました。[{0}]", "The job was cancelled. [{0}]"},
    Message{2626, E, "pipeline", 1, "封印を開く鍵がありません。[{0}]", "A sealed secret can't be opened: there is no key {0}."},
};

}  // namespace

std::span<const Message> order_messages() { return messages; }

}  // namespace certfleet::trace
