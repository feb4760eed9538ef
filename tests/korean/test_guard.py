"""The emergency guard hears cries and lets everyday talk pass."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from bot.korean.guard import Alarm, Guard, GuardDataError

DATA = Path(__file__).parents[2] / "data" / "policy" / "emergency.yml"
PATTERNS = yaml.safe_load(DATA.read_text(encoding="utf-8"))["patterns"]


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard.load(DATA)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(pattern["kind"], text) for pattern in PATTERNS for text in pattern["says"]],
)
def test_every_pattern_hears_its_own_examples(guard: Guard, kind: str, text: str) -> None:
    alarm = guard.check(text)
    assert alarm is not None and alarm.kind == kind


CRIES = """
fire|집에불났어요
fire|불남수다 혼저 와줍서
fire|우리집에 불낫서여 빨리와주세여
fire|불났어!!!!!!
fire|불이야~~~~
fire|부엌에서 불이 나고 있는데 어떡해요
fire|차에 불 붙었어요
fire|옆집에서 연기가 막 나요
fire|한라산에 불이 난 것 같아요
fire|창고가 불타고 있어요
fire|안녕하세요 어제 가로등 문의드렸던 사람인데요 지금 옆집에 불이 나서 연기가 엄청 나요 어떡하죠
fire|불.이.났.어.요
fire|불\u200b이 났어요
fire|ㅂㅜㄹ났어요
fire|과수원에서 불이 번지고 있어요
fire|fire!!! fire!!!
fire|There is a fire in my kitchen
fire|the building next door is burning
medical|사람이 쓰러졌어요
medical|할머니가 쓰러지셨어요 숨을 안쉬어요
medical|우리 애가 숨을 안 쉬어
medical|아방이 숨을 안쉬엄수다
medical|구급차좀 보내주세요
medical|119좀불러줘요
medical|피가 안 멈춰요
medical|살려줍서
medical|살려주새요
medical|살려줘ㅠㅠㅠ
medical|tkffuwntpdy
medical|교통사고 났어요 사람이 다쳤어요
medical|오토바이 사고났는데 사람이 안 움직여요
medical|엘리베이터에갇혔어요
medical|한라산에서 길을 잃었는데 너무 추워요
medical|아버지가 가슴을 쥐어짜듯이 가슴이 조여온대요
medical|벌에 쏘였는데 온몸이 부어요
medical|임산부인데 양수가 터졌어요
medical|사다리에서 떨어졌는데 못 움직여요
medical|아기가 동전을 삼켰어요
medical|He is not breathing please help
medical|My wife collapsed
medical|we are lost on Hallasan mountain
crime|집에 강도가 들었어요
crime|누가 칼 들고 있어요
crime|길에서 누가 사람을 때려요
crime|술취한 사람이 난동을 부려요
crime|someone broke into my house
crime|a man with a knife is chasing people
crime|앞차가 음주운전 하는 것 같아요
crime|뺑소니 당했어요
violence|남편이 때려요
violence|남편이 칼을 들고 죽이겠다고 해요
violence|성추행 당했어요
violence|모르는 사람이 따라와요 무서워요
violence|누가 계속 쫓아와요
violence|my boyfriend hits me every day
child|옆집 아이가 학대당하는 것 같아요
child|우리 아이가 없어졌어요
child|애를 잃어버렸어요
child|아빠가 맨날 때려요
child|윗집에서 애를 때리는 소리가 나요
suicide|죽고싶다
suicide|죽고싶어
suicide|나 그냥 죽고싶음
suicide|주꼬시퍼요
suicide|죽구정허우다
suicide|죽구정 허다
suicide|자살할거에요
suicide|더이상 살고 싶지 않아요
suicide|세금 문의드립니다 근데 사실 이제 살기가 싫고 죽고 싶어요
suicide|옥상에서 뛰어내리고싶어요
suicide|수면제를 다 먹었어요
suicide|번개탄 피우려고 샀어요
suicide|사는 게 지옥이에요
suicide|내가 죽으면 다 끝날까
suicide|wnrrhtlvek
suicide|I don't want to live anymore
suicide|i want to die
suicide|thinking about ending my life
suicide|친구가 자살하려고 해요
sea|사람이 물에 빠졌어요
sea|협재해수욕장에서 아이가 파도에 휩쓸렸어요
sea|방파제에서 사람이 떨어졌어요
sea|어선이 침몰하고 있어요
sea|바당에 사름이 빠졌수다
sea|someone is drowning
gas|가스냄새나요
gas|집에서 가스가 새요
gas|도시가스 냄새가 심하게 나요
gas|there is a gas leak in my building
"""


def _rows(block: str) -> list[list[str]]:
    return [line.split("|") for line in block.strip().splitlines()]


def _file(name: str) -> list[str]:
    return (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("kind", "text"), [line.split("\t") for line in _file("cries.tsv")])
def test_a_cry_of_the_list_is_heard(guard: Guard, kind: str, text: str) -> None:
    alarm = guard.check(text)
    assert alarm is not None and alarm.kind == kind


@pytest.mark.parametrize("text", _file("everyday.txt"))
def test_everyday_talk_of_the_list_passes(guard: Guard, text: str) -> None:
    assert guard.check(text) is None


# Said without the plain word: only that they are heard counts, not under which kind.
HINTS = """
저 오늘 밤 떠나려고요 다들 건강하세요
이제 그만 쉬고 싶어요 영원히
더 이상 아무것도 하고 싶지 않고 없어지고 싶어
엄마 미안해 못난 딸 먼저 갈게
약 다 모아놨어요 오늘 먹을 거예요
손목 긋고 싶어요
아픈 것도 지겹고 그만 가고 싶소
살암시민 뭐허쿠과 죽어불고정허우다
친구가 단톡방에 유언 같은 글 올리고 연락두절이에요
아들이 방에서 문 잠그고 유서를 써놨어요
남편이 번개탄 사들고 나갔어요
죽는게 소원이에요
숨 쉬는 것도 힘들고 내일이 안 왔으면 좋겠어요
내일이 오지 않았으면
다리 위에 어떤 여자가 신발 벗고 서 있어요
누가 옥상 난간에 올라가 있어요
어떤 사람이 바다로 계속 걸어 들어가요
제 강아지 좀 맡아주세요 저는 이제 못 키워요 곧 떠나요
나 없어져도 아무도 모를 거야
목 매달고 싶다
i cant do this anymore i want it all to stop
i just want to sleep and never wake up
my friend sent me a goodbye message
he says he has no reason to live
엄마가 술만 마시면 저를 때려요
아빠가 골프채로 때렸어요 멍들었어요
집에서 쫓겨났어요 중학생인데 갈 데가 없어요
동생이랑 둘이 있는데 밥이 없어요 엄마 안 와요
옆집 애기가 하루종일 울어요 어른이 없는 것 같아요
애가 학교에서 집에 아직 안 왔어요 전화도 꺼져있어요
우리 아이 유괴된 것 같아요
마트에서 애를 놓쳤어요 다섯 살이에요
할머니 손 놓고 길 잃은 것 같은 아이 있어요
남편이 문을 부수려고 해요
남친이 목 졸랐어요
헤어지자니까 죽여버린대요
전남친이 계속 집 비밀번호를 눌러요
회사 상사가 억지로 만졌어요
시어멍이 나를 때렴수다
이혼하자고 했더니 칼 들고 난리예요
밖에서 여자 비명소리 들려요
택배기사라면서 문 열어달라는데 이상해요 무서워요
집에 왔는데 문이 열려있고 다 뒤져놨어요
편의점에 강도 들었어요
옆 테이블 아저씨가 칼을 꺼냈어요
술 먹은 사람이 운전하려고 해요
차가 사람 치고 그냥 갔어요
어멍이 집이서 어디 가신지 몰르쿠다 치매라마씸
누가 저를 감금했어요
차 트렁크에 사람이 있는 것 같아요
비닐하우스가 타고 있어요
아파트 12층에서 연기나요
불꽃이 막 튀고 타는 냄새나요
불 나수다 혼저 옵서
전기차 충전하다가 배터리에서 연기 나요
쓰레기더미에서 불길이 치솟아요
가스렌지에서 불이 확 올라왔어요
건물에 사람이 갇혔는데 불길이 세요
감귤창고에 불 낫저
아기가 분유 먹다가 얼굴이 파래졌어요
아버지가 밥 먹다 목에 걸려서 숨을 못 쉬어요
할머니가 자꾸 횡설수설하고 한쪽 팔을 못 들어요
지붕에서 떨어져수다 못 일어남수다
벌초하다 예초기에 다리 베였어요 피가 안 멈춰요
아방이 가심 아판 쓰러져수다
말벌에 쏘여서 숨쉬기 힘들어요
손가락이 잘렸어요
한라산 정상인데 못 내려가겠어요 다리 쥐나고 추워요
애가 건전지를 삼킨것 같아요
농약 치다가 어지럽고 토해요
전기에 감전됐어요
사람이 길바닥에 누워서 안 일어나요
산모가 애 나와요
my dad isnt waking up
he fell off the ladder and cant move
she swallowed a battery
someone is lying on the road
튜브가 바람에 밀려 먼 바다로 가요
갯바위 낚시하던 사람이 파도 맞고 사라졌어요
배에 물 차요 비양도 앞이에요
스노클링 하던 사람이 안 올라와요
친구가 수영하다가 안 보여요
엔진 고장나서 배가 떠내려가요
해녀 삼춘이 물에서 안 나왐수다
아이가 수영장 바닥에 가라앉아 있어요
차가 바다에 빠졌어요
my son cant get back to shore
가스 새는 소리가 나요
집에 들어오니 가스냄새가 진동해요
가스 경보기가 울려요
깨스냄새남
보일러실에서 이상한 냄새나고 어지러워요
LPG통에서 쉬쉬 소리나고 냄새나요
텐트 안에서 난로 켜고 잤는데 머리가 아프고 못 일어나겠어요
whole house smells like gas
"""


@pytest.mark.parametrize("text", HINTS.strip().splitlines())
def test_a_cry_without_the_plain_word_is_heard(guard: Guard, text: str) -> None:
    assert guard.check(text) is not None


@pytest.mark.parametrize(("kind", "text"), _rows(CRIES))
def test_a_cry_is_heard(guard: Guard, kind: str, text: str) -> None:
    alarm = guard.check(text)
    assert alarm is not None and alarm.kind == kind


TRAPS = """
배고파 죽겠다
더워 죽겠네
졸려 죽겠어요
힘들어 죽겠습니다 민원 좀 처리해주세요
웃겨 죽는 줄 알았어요
죽고 싶을 만큼 맛있다
죽고 싶지만 떡볶이는 먹고 싶어 책 도서관에 있나요
불금인데 주차장 몇시까지 하나요
불났던 집 철거 신고는 어디서 하나요
작년에 불이 난 창고 건축물 말소 어떻게 하나요
소방서 전화번호 알려주세요
화재보험 가입해야 하나요
화재 피해 지원금 신청 방법
화재증명원 발급
집에 불이 나면 어떻게 해야 하나요
불법주차 신고
심장마비 보험 되나요
칼국수 맛집 추천
칼 버리는 방법 알려주세요
식칼은 어떻게 버려요
살인적인 더위네요
가로등이 죽었어요
가로등 불이 나갔어요
가로등 불이 안 들어와요
도로에 죽은 고양이가 있어요
고양이가 차에 치여 죽어 있어요
노루가 차에 치였어요
강아지가 죽었는데 어떻게 처리하나요
반려견 장례 치르고 싶어요
할머니가 돌아가셔서 사망신고 하려고요
미치겠네 진짜
망했다
나무가 쓰러졌어요
태풍에 가로수가 쓰러져서 도로를 막고 있어요
간판이 떨어질 것 같아요
밭에서 소각해도 되나요
쓰레기 태우는 연기가 너무 심해요
농산물 부산물 태우고 싶은데 허가 받아야 하나요
여권 발급 연기 가능한가요
입영 연기 신청
건강검진 연기해도 되나요
불꽃놀이 언제 하나요
들불축제 일정
심폐소생술 교육 신청
자살예방교육 신청하려고 합니다
아동학대 예방 교육 이수증
성범죄 경력 조회 신청
가정폭력 예방교육 강사 모집
폭행죄 벌금 얼마인가요
음주운전 벌금 얼마예요
음주운전으로 면허 취소됐는데 재발급 어떻게 해요
경찰서 위치 알려주세요
사설 구급차 이용요금
119 안전센터 견학 신청
민원 폭발하겠네
세금 폭탄 맞았어요
주문이 폭발했어요
도둑고양이 밥 주지 마세요
밥도둑이네요
총무과 전화번호
응급실 어디 있어요
시민의식이 없는 사람들이 많아요
핸드폰을 바다에 빠뜨렸어요
제주 바다에 푹 빠졌어요
해수욕장 개장일
배가 고파요
경제 좀 살려주세요
소상공인 살려주세요
전통시장을 살려주세요
커피가 나오는 자판기
코로나 백신 맞았어요
독감 주사 맞고 싶어요
비 맞고 있는 자전거
지갑을 잃어버렸어요
강아지를 잃어버렸어요
고양이가 없어졌어요
보도블록에 걸려 넘어져 다쳤는데 보상 되나요
사고가 자주 나는 곳이에요 반사경 설치해주세요
교통사고 사실확인원 발급
불친절한 공무원 신고
악취 때문에 숨을 못 쉬겠어요
미세먼지 때문에 숨쉬기 힘들어요
층간소음 때문에 미치겠어요
이 동네 시끄러워서 살기 싫어요
가스레인지 교체 지원
도시가스 요금 문의
가스 누출 경보기 지원 신청
연극 연기자 모집
화상회의실 대여
용기 내서 물어봅니다
드라마에서 사람이 죽었어요
살려고 노력 중입니다
엘리베이터 고장났어요
뉴스에서 불났다고 하던데 어디예요
환불이 안 돼요
이불이 커서 안 들어가요 버리려면요
불만이 많아요
불편 신고합니다
모기 죽이는 약 나눠주나요
벌레 죽여주세요
맛이 죽이네요
방문목욕 서비스
미아삼거리
피부과 병원
코피가 나는 꿈
물이 빠졌어요 수압이 약해요
배수구에 반지가 빠졌어요
싸움소 구경
how do I get a parking permit
fire station phone number
is there a fireworks festival
I lost my wallet
my phone died
I am dying to visit Jeju
help me find the city hall
this deal is killing me
where can I throw away a kitchen knife
그동안 감사했습니다 서울로 이사 가요
상담 감사합니다 이제 갈게요
먼저 갑니다 번호표 뽑고 갔어요
다음 주에 집에 없을 거예요 택배는 어떡하죠
주변 정리 좀 해주세요 공원이 지저분해요
아끼던 책을 도서관에 기증하고 싶어요
하늘공원 가는 길
안락사 없는 유기견 보호소
폐의약품 약을 모아서 어디에 버려요
옥상에 텃밭 만들고 싶어요
옥상 방수 지원 되나요
손목 터널 증후군 병원
다리 난간이 부서졌어요
난간이 없어서 위험해요
이번 생은 망했다
담당자에게 전해 주고 싶어요
의견 주고 싶은데 어디에 쓰나요
죽으면 연금은 어떻게 되나요
가로수가 죽으면 다시 심어 주나요
극단 공연 신청
연극 극단 단원 모집
정답 맞고 있나요
날짜가 맞고 있는지 확인해 주세요
비 피할 곳이 없어요 정류장에
무더위 피할 곳 알려주세요
지진 나면 피할 곳이 어디 있나요
아이가 치과를 무서워해요
밤길이 무서워요 가로등 달아주세요
아빠가 무서운 이야기 책 찾아요
집에 가기 싫은데 놀 데 있나요
어린이집에서 아이 사진을 올렸어요
어린이집 선생님 처우개선비
맨발 걷기 길 어디 있어요
아이와 맨발로 걷는 황톳길
아이가 혼자 등본 뗄 수 있나요
아이 혼자 여권 신청 되나요 부모 없이
학교 앞 도로에 아이들이 혼자 걸어 다니는데 인도가 없어요
어린이집 찾아주세요
아이 신발을 못 찾겠어요 분실물센터
시청에 가는 길을 못 찾겠어요
엄마랑 떨어져 사는데 등본 따로 떼나요
문이 잠겨 있어요 화장실 개방 시간
차에 아이가 있는데 주차 할인 되나요
구멍이 크게 나 있어요
배가 아파요
배가 고파요 식당 추천
택배가 안 왔어요
배에서 차 실을 수 있나요
물이 빠져서 바다가 멀어졌어요
튜브 빌릴 수 있나요
모래가 파도에 쓸려 갔어요 해수욕장
파도에 데크가 부서졌어요
서핑 배우고 싶어요
수영을 못 하는데 배울 수 있나요
가스 밸브 교체 지원
가스레인지 수거해 가나요
보일러 소리 때문에 머리가 아파요
화목보일러 보조금
보일러 교체 지원
텐트 치고 자도 되나요
하수구에서 썩은 냄새가 나요
축사 냄새에 머리가 아파요
화재경보기 설치해 주나요
신호등 불이 안 보여요
가로등 불이 밝게 보여요
산에 불빛이 보이는 야경 명소
아이폰 배터리 버리는 곳
건전지를 어디에 버리나요
냉장고에서 소리가 나요 수거해 주세요
곰팡이가 벽에 번졌어요
재선충이 옆 나무로 옮겨붙을까요
구급차 이용 요금
119 안심콜 등록
119 전화 연결 요금 있나요
우리 할머니 며칠째 연락이 없는 민원 답변 기다려요
도청에 불러도 대답이 없는 공무원
눈이 풀렸어요 길이 미끄러워요
어르신 교통카드 못 찾겠어요
허리를 다쳐서 일을 못 하는데 생계 지원 되나요
작년에 머리를 다쳐서 일을 못 해요
여권을 가져가야 하나요
숙소에서 못 나가게 되면 환불되나요 태풍
택시가 이상한 길로 가서 요금이 많이 나왔어요
문을 두드리는 소리 층간소음
병을 던져 놓고 갔어요 쓰레기
차에 태워준다고 광고해요
운동 강도가 세요
도둑이 제 발 저린다
옆집이 밤에 문을 쾅쾅 닫아요
나무가 트랙터에 깔렸어요
엘리베이터가 멈췄어요 점검 언제 해요
지하차도 침수되면 통제하나요
집에 물이 새요
아내가 임신 중인데 지원금 있나요
임산부 배지 신청
세탁기에서 물이 새요
새우 먹고 싶어요 맛집
말이 안 나오네요 어이가 없어서
열이 받네요
눈 돌아가게 비싸네요
경찰 때문에 눈이 뒤집힐 뻔
이 동네 살아갈 희망이 없어요 상권이
민원 때문에 더는 못 버티겠어요
층간소음 때문에 못 견디겠어요
포기하고 싶어요 신청서가 너무 어려워요
다 내려놓고 싶은 휴가지 추천
내 차가 한 대 얻어맞은 것처럼 찌그러졌어요
뒤통수 맞은 기분이에요
사장이 월급을 안 줘요
사장님이 물건을 안 줘요
누가 우리 밭에 쓰레기를 버리고 있어요
누가 집 앞에 주차해 놨어요
아이가 베란다에서 뛰어요 층간소음
애들이 밖에서 떠들어요
children ticket price
can my child fly alone
the bus is not moving
how do I smell the gas bill
where is the gas station
I drifted through town, nice beach
my passport is with my boss, how to renew
surfing lesson price
smoke free zone fine
the room smells like cigarette
goodbye and thank you
sorry for everything, how do I pay the fine
is there a bridge to Udo
thief movie schedule
ferry boat ticket
hidden gems in Jeju
안녕하세요
ㅋㅋㅋㅋ
👍
"""


@pytest.mark.parametrize("text", TRAPS.strip().splitlines())
def test_everyday_talk_passes(guard: Guard, text: str) -> None:
    assert guard.check(text) is None


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("죽고 싶어요", "self"),
        ("친구가 죽고 싶다고 해요", "other"),
        ("엄마가 자살하려고 해요", "other"),
        ("I want to die", "self"),
        ("my brother wants to kill himself", "other"),
        ("불났어요", None),
    ],
)
def test_whom_a_suicide_alarm_is_about(guard: Guard, text: str, about: str | None) -> None:
    alarm = guard.check(text)
    assert alarm is not None and alarm.about == about


def test_an_alarm_names_topic_and_pattern(guard: Guard) -> None:
    assert guard.check("집에 불이 났어요") == Alarm("fire", "emergency", "on_fire", None)
    suicide = guard.check("죽고 싶어요")
    assert suicide is not None and suicide.topic == "crisis_counseling"


def test_a_figure_of_speech_does_not_hide_the_cry_behind_it(guard: Guard) -> None:
    alarm = guard.check("배고파 죽겠다고 하던 애가 갑자기 숨을 안 쉬어요")
    assert alarm is not None and alarm.kind == "medical"


def test_an_excuse_in_another_sentence_does_not_count(guard: Guard) -> None:
    alarm = guard.check("화재보험 문의요. 아니 지금 집에 불이 났어요!")
    assert alarm is not None and alarm.kind == "fire"


def test_a_cry_inside_a_long_message_is_heard(guard: Guard) -> None:
    talk = "제주시청에 지난번에 문의한 주차 과태료 건인데요 아직 답이 없어서 다시 여쭤봅니다. "
    alarm = guard.check(talk * 10 + "그런데 죽고 싶어요. " + talk * 10)
    assert alarm is not None and alarm.kind == "suicide"


def test_empty_and_odd_input_is_quiet(guard: Guard) -> None:
    for text in ("", " ", "\x00", "\ud800", "😀" * 50, "a" * 20_000, "1" * 5_000, "." * 5_000):
        assert guard.check(text) is None


def test_a_message_is_checked_in_about_a_millisecond(guard: Guard) -> None:
    text = "애월읍 하귀리 버스정류장 옆 가로등이 나갔는데 언제 고쳐주시나요? 일주일째 캄캄합니다"
    guard.check(text)
    start = time.process_time()
    for _ in range(100):
        guard.check(text)
    # A loaded machine is slower; the bound catches a pattern that backtracks, not a busy core.
    assert (time.process_time() - start) / 100 < 0.005


def test_a_very_long_message_does_not_hold_up_the_line(guard: Guard) -> None:
    start = time.process_time()
    guard.check("사람이 길에서 불편하게 살고 있는 이야기 목숨 칼 물에 아이가 " * 300)
    assert time.process_time() - start < 2


def test_a_broken_pattern_file_says_where() -> None:
    empty = {"figures": ["가"], "phrases": ["a"], "other": ["가"], "someone": ["a"]}
    entry = {"id": "x", "kind": "fire", "topic": "emergency", "any": ["<nothing>"]}
    with pytest.raises(GuardDataError, match="x names the part <nothing>"):
        Guard({**empty, "patterns": [entry]})
    with pytest.raises(GuardDataError, match="unknown kind"):
        Guard({**empty, "patterns": [{**entry, "kind": "flood"}]})
    with pytest.raises(GuardDataError, match="not a regular expression"):
        Guard({**empty, "patterns": [{**entry, "any": ["("]}]})
