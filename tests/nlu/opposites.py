# ruff: noqa: RUF001 (the Turkish letters are meant)
"""Pairs of opposite commands in languages of which `contrary.py` knows no words.

Lock and unlock, on and off, open and close, up and down: the commands that must not be taken for
one another, by sound least of all.
"""

OPPOSITES: dict[str, tuple[tuple[str, str], ...]] = {
    "ar": (
        ("اقفل الباب", "افتح قفل الباب"),
        ("شغل الضوء", "أطفئ الضوء"),
        ("افتح النافذة", "أغلق النافذة"),
        ("ارفع الستارة", "أنزل الستارة"),
    ),
    "cs": (
        ("zamkni dveře", "odemkni dveře"),
        ("zapni světlo", "vypni světlo"),
        ("otevři okno", "zavři okno"),
        ("vytáhni žaluzie", "zatáhni žaluzie"),
    ),
    "da": (
        ("lås hoveddøren", "lås hoveddøren op"),
        ("tænd lyset", "sluk lyset"),
        ("åbn vinduet", "luk vinduet"),
        ("rul gardinet op", "rul gardinet ned"),
    ),
    "el": (
        ("κλείδωσε την πόρτα", "ξεκλείδωσε την πόρτα"),
        ("άναψε το φως", "σβήσε το φως"),
        ("άνοιξε το παράθυρο", "κλείσε το παράθυρο"),
        ("ανέβασε το ρολό", "κατέβασε το ρολό"),
    ),
    "fi": (
        ("lukitse etuovi", "avaa etuovi"),
        ("sytytä valo", "sammuta valo"),
        ("avaa ikkuna", "sulje ikkuna"),
        ("nosta kaihdin", "laske kaihdin"),
    ),
    "he": (
        ("נעל את הדלת", "בטל את נעילת הדלת"),
        ("הדלק את האור", "כבה את האור"),
        ("פתח את החלון", "סגור את החלון"),
        ("הרם את התריס", "הורד את התריס"),
    ),
    "hi": (
        ("दरवाज़ा लॉक करो", "दरवाज़ा अनलॉक करो"),
        ("बत्ती जलाओ", "बत्ती बुझाओ"),
        ("खिड़की खोलो", "खिड़की बंद करो"),
        ("परदा ऊपर करो", "परदा नीचे करो"),
    ),
    "hu": (
        ("zárd be az ajtót", "nyisd ki az ajtót"),
        ("kapcsold fel a lámpát", "kapcsold le a lámpát"),
        ("nyisd ki az ablakot", "csukd be az ablakot"),
        ("húzd fel a redőnyt", "húzd le a redőnyt"),
    ),
    "id": (
        ("kunci pintu", "buka kunci pintu"),
        ("nyalakan lampu", "matikan lampu"),
        ("buka jendela", "tutup jendela"),
        ("naikkan tirai", "turunkan tirai"),
    ),
    "ja": (
        ("玄関の鍵を閉めて", "玄関の鍵を開けて"),
        ("電気をつけて", "電気を消して"),
        ("窓を開けて", "窓を閉めて"),
        ("ブラインドを上げて", "ブラインドを下げて"),
    ),
    "ko": (
        ("문 잠가", "문 잠금 해제해"),
        ("불 켜", "불 꺼"),
        ("창문 열어", "창문 닫아"),
        ("블라인드 올려", "블라인드 내려"),
    ),
    "lt": (
        ("užrakink duris", "atrakink duris"),
        ("įjunk šviesą", "išjunk šviesą"),
        ("atidaryk langą", "uždaryk langą"),
        ("pakelk žaliuzes", "nuleisk žaliuzes"),
    ),
    "lv": (
        ("aizslēdz durvis", "atslēdz durvis"),
        ("ieslēdz gaismu", "izslēdz gaismu"),
        ("atver logu", "aizver logu"),
        ("pacel žalūzijas", "nolaid žalūzijas"),
    ),
    "nb": (
        ("lås ytterdøren", "lås opp ytterdøren"),
        ("slå på lyset", "slå av lyset"),
        ("åpne vinduet", "lukk vinduet"),
        ("kjør opp gardinen", "kjør ned gardinen"),
    ),
    "pl": (
        ("zarygluj drzwi", "odrygluj drzwi"),
        ("włącz światło", "wyłącz światło"),
        ("otwórz okno", "zamknij okno"),
        ("podnieś rolety", "opuść rolety"),
    ),
    "pt": (
        ("tranca a porta", "destranca a porta"),
        ("liga a luz", "desliga a luz"),
        ("abre a janela", "fecha a janela"),
        ("sobe o estore", "desce o estore"),
    ),
    "ro": (
        ("încuie ușa", "descuie ușa"),
        ("aprinde lumina", "stinge lumina"),
        ("deschide fereastra", "închide fereastra"),
        ("ridică jaluzelele", "coboară jaluzelele"),
    ),
    "ru": (
        ("запри дверь", "отопри дверь"),
        ("включи свет", "выключи свет"),
        ("открой окно", "закрой окно"),
        ("подними шторы", "опусти шторы"),
    ),
    "sv": (
        ("lås ytterdörren", "lås upp ytterdörren"),
        ("tänd lampan", "släck lampan"),
        ("öppna fönstret", "stäng fönstret"),
        ("kör upp gardinen", "kör ner gardinen"),
    ),
    "th": (
        ("ล็อกประตู", "ปลดล็อกประตู"),
        ("เปิดไฟ", "ปิดไฟ"),
        ("เปิดหน้าต่าง", "ปิดหน้าต่าง"),
        ("ดึงม่านขึ้น", "ดึงม่านลง"),
    ),
    "tr": (
        ("kapıyı kilitle", "kapının kilidini aç"),
        ("ışığı aç", "ışığı kapat"),
        ("pencereyi aç", "pencereyi kapat"),
        ("panjuru kaldır", "panjuru indir"),
    ),
    "uk": (
        ("замкни двері", "відімкни двері"),
        ("увімкни світло", "вимкни світло"),
        ("відчини вікно", "зачини вікно"),
        ("підніми штори", "опусти штори"),
    ),
    "vi": (
        ("khóa cửa", "mở khóa cửa"),
        ("bật đèn", "tắt đèn"),
        ("mở cửa sổ", "đóng cửa sổ"),
        ("kéo rèm lên", "kéo rèm xuống"),
    ),
    "zh": (
        ("锁上前门", "解锁前门"),
        ("开灯", "关灯"),
        ("打开窗户", "关上窗户"),
        ("升起窗帘", "降下窗帘"),
    ),
}
