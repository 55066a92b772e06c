// Manual appendix 12.1, ids 0000 to 1799. Where the manual gives several texts for one id, its first argument
// says which case it is.
#include <array>

#include "lib/trace/messages.h"

namespace certfleet::trace {
namespace {

constexpr auto I = Level::info;
constexpr auto W = Level::warning;
constexpr auto E = Level::error;

constexpr std::array messages = {
    Message{0, I, "base", 2, "{0} (版 {1}) が動き始めました。", "{0} version {1} has started."},
    Message{1, E, "base", 2, "フォルダの指定が正しくありません。[{0}:{1}]", "The folder given is wrong. [{0}:{1}]"},
    Message{2, E, "base", 2, "ログの引数の数が合いません。[args={0}] errno={1}",
            "A log request has the wrong number of arguments. [args={0}] errno={1}"},
    Message{3, E, "base", 1, "ログの番号が正しくありません。errno={0}", "A log request has an unknown number. errno={0}"},
    Message{4, E, "base", 1, "ファイルがありません。[{0}]", "There is no such file. [{0}]"},
    Message{5, E, "base", 2, "書式が正しくありません。[{0}] 行={1}", "The format is wrong. [{0}] line={1}"},
    Message{6, E, "base", 1, "設定を読み取れません。key={0}", "A setting can't be read. key={0}"},
    Message{7, E, "base", 1, "ファイルを削除できません。[{0}]", "A file can't be deleted. [{0}]"},
    Message{8, E, "base", 1, "フォルダを作れません。[{0}]", "A folder can't be made. [{0}]"},
    Message{9, E, "base", 1, "ファイルを圧縮できません。[{0}]", "A file can't be compressed. [{0}]"},
    Message{10, E, "base", 1, "圧縮ファイルを展開できません。[{0}]", "A file can't be unpacked. [{0}]"},
    Message{11, E, "base", 1, "データベースから読み取れません。[{0}]", "Reading from the database failed. [{0}]"},
    Message{12, E, "base", 1, "データベースに書き込めません。[{0}]", "Writing to the database failed. [{0}]"},
    Message{13, E, "base", 0, "有効なサービスがありません。", "There is no enabled service."},
    Message{14, E, "base", 1, "ファイルを保存できません。[{0}]", "A file can't be saved. [{0}]"},
    Message{15, E, "base", 1, "ファイルを移動できません。[{0}]", "A file can't be moved. [{0}]"},
    Message{16, E, "base", 1, "ファイルを複写できません。[{0}]", "A file can't be copied. [{0}]"},
    Message{17, E, "base", 0, "要求を登録できません。", "The request can't be enqueued."},
    Message{18, E, "base", 0, "要求を取り出せません。", "The request can't be taken."},
    Message{19, E, "base", 1, "ファイルまたはフォルダがありません。[{0}]", "There is no such file or folder. [{0}]"},
    Message{20, E, "base", 1, "書き込み先のフォルダは使用中です。[{0}]", "The folder to write to is in use. [{0}]"},
    Message{21, I, "mail", 1, "メールの送信を要求しました。[{0}]", "A mail is requested. [{0}]"},
    Message{22, W, "mail", 1, "メール送信の設定がありません。(ID={0})", "There are no settings to send the mail with. (ID={0})"},
    Message{23, I, "base", 2, "サービスの申請ステータスが変わりました。{0}:{1}", "The order status of a service has changed. {0}:{1}"},
    Message{24, I, "base", 2, "ノードの適用ステータスが変わりました。{0}:{1}", "The apply status of a node has changed. {0}:{1}"},
    Message{25, I, "base", 2, "証明書を登録から外しました。シリアルNo({0})={1}", "A certificate was cleared from slot {0}. Serial no.: {1}"},
    Message{26, I, "base", 2, "証明書を登録しました。シリアルNo({0})={1}", "A certificate was stored in slot {0}. Serial no.: {1}"},
    Message{27, I, "base", 0, "データの更新を要求しました。", "An update of the data is requested."},
    Message{28, E, "base", 1, "証明書または秘密鍵の形式が正しくありません。[{0}]",
            "The format of a certificate or private key is wrong. [{0}]"},
    Message{29, E, "base", 1, "TLS接続に失敗しました。{0}", "A TLS connection failed. {0}"},
    Message{30, I, "base", 1, "エラーコードの一覧を読み込みました。{0}", "The list of error codes was read. {0}"},
    Message{31, I, "base", 3, "秘密情報を新しい鍵で封じ直しました。鍵:{0} 項目:{1} 件数:{2}",
            "Secrets were sealed anew. Key: {0}, field: {1}, number: {2}"},
    Message{32, E, "base", 2, "秘密情報を封じ直せません。項目:{0} {1}", "A secret can't be sealed anew. Field: {0}. {1}"},
    Message{98, E, "base", 1, "想定外のエラーです。{0}", "Unexpected failure. {0}"},
    Message{99, I, "base", 1, "{0} が終了しました。", "{0} has ended."},
    Message{1201, W, "dispatch", 1, "未定義のイベントを削除しました。[{0}]", "An unknown event was removed. [{0}]"},
    Message{1202, E, "dispatch", 1, "コマンドが時間内に終わりませんでした。[{0}]", "A command did not end in time. [{0}]"},
    Message{1211, I, "dispatch", 2, "定期処理を開始しました。[{0}] 予定日時 {1}", "A batch run has begun. [{0}] Set time {1}"},
    Message{1212, W, "dispatch", 2, "予定日時に実行できなかった定期処理を開始しました。[{0}] 予定日時 {1}",
            "A batch run that was missed has begun. [{0}] Set time {1}"},
    Message{1213, E, "dispatch", 2, "定期処理を予定できません。[{0}] {1}", "A batch run can't be planned. [{0}] {1}"},
    Message{1601, I, "result", 2, "ノードの結果を更新します。ノード:{0}, シリアル番号:{1}",
            "Updating the result of a node. Node: {0}, serial no.: {1}"},
    Message{1602, I, "result", 1, "ノードの結果を更新しました。ノード: {0}", "The result of a node was updated. Node: {0}"},
    Message{1603, I, "result", 1, "ノードの結果に変わりはありません。ノード: {0}", "The result of a node has not changed. Node: {0}"},
    Message{1604, I, "result", 1, "申請の結果を更新します。[{0}]", "Updating the result of an order. [{0}]"},
    Message{1605, I, "result", 1, "申請の結果を更新しました。[{0}]", "The result of an order was updated. [{0}]"},
    Message{1606, W, "result", 2, "サービスに登録のない証明書が使われています。ノード: {0}, シリアル番号: {1}",
            "The node serves a certificate that its service does not hold. Node: {0}, serial no.: {1}"},
    Message{1607, I, "result", 0, "ノードが追加されました。", "A node was added."},
    Message{1608, E, "result", 1, "ノードがありません。ID:{0}", "There is no such node. ID: {0}"},
    Message{1609, E, "result", 1, "サービスに証明書を登録できません。[{0}]", "The service can't take a certificate. [{0}]"},
    Message{1610, E, "result", 1, "申請を登録できません。[{0}]", "The order can't be stored. [{0}]"},
    Message{1611, E, "result", 1, "未定義の認証局です。[{0}]", "The CA is unknown. [{0}]"},
    Message{1612, I, "result", 0, "証明書の申請を予約しました。", "An order is scheduled."},
    Message{1613, E, "result", 1, "証明書の申請を予約できません。{0}", "The order can't be scheduled. {0}"},
    Message{1614, E, "result", 1, "結果に有効なデータがありません。{0}", "A result holds no valid data. {0}"},
    Message{1615, W, "result", 1, "ノード {0} は無効です。", "Node {0} is disabled."},
    Message{1651, E, "certificate", 1, "証明書と秘密鍵が対になっていません。{0}", "Certificate and private key are no pair. {0}"},
    Message{1652, E, "certificate", 1, "コモンネームが一致しません。{0}", "The common name is another one. {0}"},
    Message{1653, E, "certificate", 1, "サービスがありません。[{0}]", "There is no such service. [{0}]"},
    Message{1654, E, "certificate", 0, "申請中または申請待ちのため登録できません。",
            "Not possible while an order is scheduled or under way."},
    Message{1655, W, "certificate", 1, "この証明書は登録済みです。登録を更新します。[{0}]",
            "This certificate is stored already and is updated. [{0}]"},
    Message{1656, E, "certificate", 1, "証明書と登録済みの秘密鍵が対になっていません。{0}",
            "Certificate and stored private key are no pair. {0}"},
    Message{1657, E, "certificate", 0, "証明書を登録する空きがありません。", "There is no free slot for the certificate."},
    Message{1658, I, "certificate", 1, "証明書を登録しました。{0}", "The certificate is stored. {0}"},
    Message{1659, E, "certificate", 1, "重複した証明書または関係のない証明書が含まれています。{0}",
            "There are doubled or unrelated certificates. {0}"},
    Message{1660, E, "certificate", 1, "ファイルに複数の証明書が含まれています。{0}", "The file holds several certificates. {0}"},
    Message{1701, W, "expiry", 2, "{0} の証明書の有効期間が {1} 日未満です。",
            "The certificate of {0} expires in less than {1} days."},
    Message{1702, E, "expiry", 1, "{0} の証明書は失効しています。", "The certificate of {0} has expired."},
    Message{1703, I, "expiry", 2, "{0} の証明書({1})の登録を消去します。", "The certificate of {0} in slot {1} is cleared."},
    Message{1704, W, "expiry", 1, "登録のないサービスです。{0}", "There is no such service. {0}"},
    Message{1705, W, "expiry", 1, "通知の設定がありません。(ID={0})", "There are no notification settings. (ID={0})"},
    Message{1706, I, "expiry", 1, "証明書の登録の確認を始めます。{0}", "Checking the stored certificates of {0}."},
    Message{1707, I, "expiry", 1, "証明書の登録の確認を終えました。{0}", "The stored certificates of {0} are checked."},
    Message{1708, I, "expiry", 1, "適用ステータスを更新します。{0}", "Updating the apply status of {0}."},
};

}  // namespace

std::span<const Message> base_messages() { return messages; }

}  // namespace certfleet::trace
